import type { JsonObject } from '../../lifecycle/json.ts';
import type { ServerRecord } from '../../lifecycle/server-record.ts';

/** Who has it. What happens to a server that nobody has is the provider's business. */
export const customerOf = ({ lessee, owner }: ServerRecord): string | null => lessee ?? owner;

/** A server in a sentence. */
export const named = ({ name, serial_number, uuid }: ServerRecord): string =>
  [name ?? uuid, serial_number].filter(Boolean).join(', ');

/** A server for programs. */
export const serverFacts = ({ uuid, name, serial_number }: ServerRecord): JsonObject => ({
  ...{ server_uuid: uuid, name, serial_number },
});
