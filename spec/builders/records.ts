import { randomUUID } from 'node:crypto';
import type { KeyRing } from '../../db/secrets.ts';
import { parseKeyRing } from '../../db/secrets.ts';
import type { New, NewJob } from '../../db/store.ts';
import type { HistoryRecord, NodeRecord, PortgroupRecord, PortRecord } from '../../lifecycle/records.ts';

/** A key ring of keys that are the same in every run: `testKeys(2, 1)` encrypts with key 2 and also decrypts with 1. */
export function testKeys(...numbers: readonly number[]): KeyRing {
  const lines = (numbers.length === 0 ? [1] : numbers).map((n) => Buffer.alloc(32, n).toString('base64'));
  return parseKeyRing(lines.join('\n'));
}

/** A name that no other record has. */
export const uniqueName = (start: string): string => `${start}-${randomUUID().slice(0, 13)}`;

/** A MAC address that no other record has. */
export function uniqueAddress(): string {
  const digits = randomUUID().replaceAll('-', '').slice(0, 10);
  return `02:${digits.match(/../g)?.join(':')}`;
}

/** A node of the fake hardware type, as POST /v1/nodes would store it. */
export function newNode(fields: New<NodeRecord> = {}): New<NodeRecord> {
  return {
    name: uniqueName('node'),
    driver: 'fake-hardware',
    bios_interface: 'no-bios',
    boot_interface: 'fake',
    console_interface: 'no-console',
    deploy_interface: 'fake',
    firmware_interface: 'no-firmware',
    inspect_interface: 'no-inspect',
    management_interface: 'fake',
    network_interface: 'noop',
    power_interface: 'fake',
    raid_interface: 'no-raid',
    rescue_interface: 'no-rescue',
    storage_interface: 'noop',
    vendor_interface: 'no-vendor',
    ...fields,
  };
}

export function newPort(node_uuid: string, fields: New<PortRecord> = {}): New<PortRecord> {
  return { node_uuid, address: uniqueAddress(), ...fields };
}

export function newPortgroup(node_uuid: string, fields: New<PortgroupRecord> = {}): New<PortgroupRecord> {
  return { node_uuid, name: uniqueName('portgroup'), ...fields };
}

export function newHistory(node_uuid: string, fields: New<HistoryRecord> = {}): New<HistoryRecord> {
  return { node_uuid, event: 'Something happened.', severity: 'INFO', ...fields };
}

/** A power job, due at once. */
export function newJob(fields: Partial<NewJob> = {}): NewJob {
  return { kind: 'power', node_uuid: null, conductor_group: '', exclusive: false, args: {}, ...fields };
}
