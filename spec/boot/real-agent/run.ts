import { parseArgs } from 'node:util';
import { walkThrough } from './walk-through.ts';

/** `npm run e2e:ramdisk -- --kernel FILE --initrd FILE [--append PARAMETERS]`: exit code 1 when a part failed. */
const { values } = parseArgs({
  options: { kernel: { type: 'string' }, initrd: { type: 'string' }, append: { type: 'string' } },
});
const { append = '', initrd, kernel } = values;
if (kernel === undefined || initrd === undefined) {
  process.stderr.write(
    'Name the ramdisk of ironic-python-agent that is to be tried: --kernel FILE --initrd FILE\n',
  );
  process.exit(2);
}
const failed = await walkThrough({ kernel, initrd, append }, (line) => process.stdout.write(`${line}\n`));
process.exit(failed === 0 ? 0 : 1);
