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
const form = values.long ? LONG_FORM : SHORT_FORM;
const figures = await chaos({
  ...form,
  nodes: Number(values.nodes ?? form.nodes),
  kills: Number(values.kills ?? form.kills),
  pauses: Number(values.pauses ?? form.pauses),
  lease_s: Number(values.lease ?? form.lease_s),
  tell: (line, so_far) => {
    process.stdout.write(`${line}\n`);
    // A run that is interrupted leaves what it found.
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(so_far, null, 2)}\n`);
  },
});
process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
process.exit(VERDICTS.some((verdict) => figures[verdict].length > 0) ? 1 : 0);
