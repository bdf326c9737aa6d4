import { once } from 'node:events';
import { forkAsConductor } from './conductor-flags.ts';
import { type BenchOptions, type BenchRow, report } from './report.ts';

/** Power sync of many BMCs by one process with a conductor's flags: `npm run bench -- bmc`. */
export async function run(options: BenchOptions): Promise<void> {
  await report('bmc', [...(await rowsOf('ipmi')), ...(await rowsOf('redfish'))], options);
}

/** Each measure has a process of its own, whose memory is that measure's. */
async function rowsOf(measure: 'ipmi' | 'redfish'): Promise<BenchRow[]> {
  const child = forkAsConductor('./bmc-asking.js', [measure]);
  let rows: BenchRow[] | null = null;
  child.once('message', (said) => {
    rows = said as BenchRow[];
    child.disconnect();
  });
  const [code] = await once(child, 'exit');
  if (rows === null || code !== 0) throw new Error(`The process that asked ended with ${String(code)}.`);
  return rows;
}
