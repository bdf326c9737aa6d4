import type { Settings } from '../../config/options.ts';
import type { Store, Tables } from '../../db/store.ts';
import type { Difference } from '../../lifecycle/hardware-baseline.ts';
import type { EpochMs } from '../../lifecycle/records.ts';
import type { ServerRecord } from '../../lifecycle/server-record.ts';
import { addNotice } from '../notices/add-notice.ts';

export interface Quarantine {
  by: string;
  reason: string;
  differences?: readonly Difference[];
}

/**
 * Keeps a server out of stock until an operator releases it, and has people told, in one transaction. One that is in quarantine already stays
 * there for the first reason. `also` runs in the same transaction. Resolves with whether it is newly there.
 */
export async function quarantine(
  { store, settings }: { store: Store; settings: Pick<Settings, 'notices'> },
  uuid: string,
  { by, reason, differences = [] }: Quarantine,
  also: (tables: Tables) => Promise<void> = async () => {},
): Promise<boolean> {
  return store.transaction(async (tables) => {
    const now = await tables.now();
    const server = await tables.servers.update(
      uuid,
      {
        ...{ quarantined: true, quarantined_at: now, quarantined_by: by, quarantine_reason: reason },
        quarantine_differences: differences.length === 0 ? null : differences.map((one) => ({ ...one })),
      },
      { quarantined: false },
    );
    if (server === null) return false;
    await addNotice(tables, settings, now, quarantineNotice(server, now, reason));
    await also(tables);
    return true;
  });
}

function quarantineNotice(server: ServerRecord, now: EpochMs, reason: string) {
  const { uuid, name, serial_number } = server;
  const which = [name, serial_number].filter(Boolean).join(', ');
  return {
    event: 'server.quarantined',
    severity: 'error',
    // The provider's: the customer who had it has given it back.
    project: null,
    subject_key: `server.quarantined:${uuid}:${now}`,
    text: `The server ${which || uuid} is in quarantine: ${reason}`,
    facts: { server_uuid: uuid, name, serial_number, reason },
  } as const;
}
