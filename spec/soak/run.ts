import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { soak } from './soak.ts';

/** `npm run soak [-- --nodes N] [--minutes N] [--rate N] [--json FILE]`: exit code 1 when a node was stuck, work was left, or something grew. */
const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '6' },
    json: { type: 'string' },
  },
});
const nodes = Number(values.nodes);
const figures = await soak({
  ...{ nodes, minutes: Number(values.minutes), rate: Number(values.rate) },
  ...{ ipmi: Math.ceil(nodes / 50), redfish: Math.ceil(nodes / 100), at_once: 60 },
  tell: (line) => process.stdout.write(`${line}\n`),
});
const text = JSON.stringify(figures, null, 2);
process.stdout.write(`${text}\n`);
if (values.json !== undefined) writeFileSync(values.json, `${text}\n`);
process.exit(figures.stuck.length + figures.left.length + figures.grown.length > 0 ? 1 : 0);
