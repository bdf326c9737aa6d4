import type { Server } from '../../api/types.ts';

/** What a server is called where one word has to do. */
export function nameOf({
  name,
  serial_number,
  uuid,
}: Pick<Server, 'name' | 'serial_number' | 'uuid'>): string {
  return name ?? serial_number ?? uuid.slice(0, 8);
}
