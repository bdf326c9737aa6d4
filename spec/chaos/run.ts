import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chaos, LONG_FORM, SHORT_FORM } from './chaos.ts';
import { VERDICTS } from './figures.ts';

/** `npm run chaos [-- --long] [--nodes N] [--kills N] [--pauses STRETCHES] [--lease SECONDS] [--json FILE]`: exit code 1 when a judge found something. */
const { values } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    nodes: { type: 'string' },
    kills: { type: 'string' },
    pauses: { type: 'string' },
    lease: { type: 'string' },
    json: { type: 'string' },
  },
});
const { nodes, kills, lease_s, every_point, pauses, crash_every } = values.long ? LONG_FORM : SHORT_FORM;
const figures = await chaos({
  nodes: Number(values.nodes ?? nodes),
  kills: Number(values.kills ?? kills),
  pauses: Number(values.pauses ?? pauses),
  lease_s: Number(values.lease ?? lease_s),
  every_point,
  crash_every,
  tell: (line, so_far) => {
    process.stdout.write(`${line}\n`);
    // A run that is interrupted leaves what it found.
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(so_far, null, 2)}\n`);
  },
});
process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
process.exit(VERDICTS.some((verdict) => figures[verdict].length > 0) ? 1 : 0);
