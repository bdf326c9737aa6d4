import { setTimeout as sleep } from 'node:timers/promises';
import type { BmcFaults } from '../../rack/ipmi/wire-faults.ts';
import type { RedfishFaults } from '../../rack/redfish/redfish-faults.ts';
import type { Site } from './site.ts';

/** How BMCs on UDP misbehave, one way each: 30 % of datagrams lost each way, late, doubled and mixed up, no free session. */
const IPMI: readonly BmcFaults[] = [
  { drop: 0.3 },
  { late: 0.3, late_ms: 400, drop: 0.1 },
  { doubled: true, reordered: 0.2, drop: 0.1 },
  { session_table_full: true },
  { busy: 3 },
];
const REDFISH: readonly RedfishFaults[] = [{ busy: 3 }, { drops_action_replies: true }, {}];
/** How long a session table stays full. */
const FULL_MS = 2000;

/** Every BMC misbehaves, `turn` after turn in another way; resolves when the session tables have room again. */
export async function troubleBmcs({ subjects }: Site, turn: number): Promise<void> {
  for (const [index, { driver, server }] of subjects.entries()) {
    const way = Math.floor(index / 2) + turn;
    if (driver === 'ipmi') server.bmc.faults = { ...IPMI[way % IPMI.length] };
    else server.redfish.faults = { ...REDFISH[way % REDFISH.length] };
  }
  await sleep(FULL_MS);
  for (const { server } of subjects) delete server.bmc.faults.session_table_full;
}

export function healBmcs({ subjects }: Site): void {
  for (const { server } of subjects) {
    server.bmc.faults = {};
    server.redfish.faults = {};
  }
}
