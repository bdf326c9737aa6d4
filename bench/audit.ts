import { createConnection } from 'mysql2/promise';
import { systemClock } from '../config/system-clock.ts';

/** A hundred for each of ten thousand servers. */
const ENTRIES = 1_000_000;
const EVERY_MS = 60_000;

/** A long audit, made by the database itself: the chain is not what is measured. */
export async function fillAudit(database_url: string, entries = ENTRIES): Promise<void> {
  const client = await createConnection({ uri: database_url });
  try {
    const began = systemClock.now() - entries * EVERY_MS;
    await client.query(
      `INSERT INTO audit (id, created_at, node_uuid, action, outcome, user, project, request_id, detail, previous_hash, hash)
       SELECT seq, ? + seq * ?, CONCAT(LPAD(HEX(seq % 10000), 8, '0'), '-0000-4000-8000-000000000000'),
         ELT(1 + seq % 7, 'power', 'provision', 'update', 'server-update', 'bmc-gateway', 'console-open', 'order-create'),
         IF(seq % 97 = 0, 'refused', 'done'), CONCAT('u', seq % 211), CONCAT('p', seq % 40), CONCAT('req-', seq),
         '{"fields":["rack"],"changes":{"rack":[null,"A1"]}}', REPEAT('0', 64), REPEAT('0', 64)
       FROM seq_1_to_${entries}`,
      [began, EVERY_MS],
    );
    await client.query('UPDATE audit_head SET last_id = ? WHERE id = 1', [entries]);
    await client.query('ANALYZE TABLE audit');
  } finally {
    await client.end();
  }
}

const DAY_MS = 86_400_000;

/** What is asked of it: name → path. */
export function auditPaths(): Record<string, string> {
  const ago = (days: number): string => new Date(systemClock.now() - days * DAY_MS).toISOString();
  return {
    'audit, the newest': '/lifecycle/v1/audit?limit=50',
    'audit of a server': '/lifecycle/v1/audit?server=0000162E-0000-4000-8000-000000000000&limit=50',
    'audit of a project and an action': '/lifecycle/v1/audit?project=p7&action=power&limit=50',
    'audit of a user, what was refused': '/lifecycle/v1/audit?user=u77&outcome=refused&limit=50',
    'audit of a day long ago': `/lifecycle/v1/audit?since=${ago(301)}&until=${ago(300)}&limit=50`,
    'audit of a user before a day long ago': `/lifecycle/v1/audit?user=u7&until=${ago(500)}&limit=50`,
    'audit by a request': '/lifecycle/v1/audit?request_id=req-4711&limit=50',
  };
}
