import { measureIpmi } from './bmc-ipmi.ts';
import { measureRedfish } from './bmc-redfish.ts';
import { type BenchOptions, report } from './report.ts';

/** Power sync of many BMCs by one process: `npm run bench -- bmc`. */
export async function run(options: BenchOptions): Promise<void> {
  await report('bmc', [...(await measureIpmi()), ...(await measureRedfish())], options);
}
