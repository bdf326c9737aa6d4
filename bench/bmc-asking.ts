import { measureIpmi } from './bmc-ipmi.ts';
import { measureRedfish } from './bmc-redfish.ts';
import { type BenchRow, benchTable } from './report.ts';

/** The process that asks BMCs: started with what to ask, sends its parent the rows. By itself, with other flags of Node, it prints them. */
const MEASURES: Readonly<Record<string, () => Promise<BenchRow[]>>> = {
  ipmi: measureIpmi,
  redfish: measureRedfish,
};

async function main(): Promise<void> {
  const measure = MEASURES[process.argv[2] ?? ''];
  if (measure === undefined) throw new Error(`Ask what? One of: ${Object.keys(MEASURES).join(', ')}.`);
  const rows = await measure();
  if (process.send === undefined) console.log(benchTable(rows));
  else process.send(rows);
}

await main();
