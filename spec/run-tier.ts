import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import Mocha from 'mocha';
import { LEFT_OPEN, type TierResult } from './tiers.ts';

/** Runs spec files in this process: `node run-tier.js --result FILE --timeout MS [--grep TEXT] [--strict] FILES`. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      result: { type: 'string' },
      timeout: { type: 'string', default: '10000' },
      grep: { type: 'string' },
      strict: { type: 'boolean', default: false },
      color: { type: 'boolean', default: false },
    },
  });
  const mocha = new Mocha({
    timeout: Number(values.timeout),
    reporter: 'spec',
    color: values.color,
    forbidOnly: values.strict,
    forbidPending: values.strict,
    ...(values.grep === undefined ? {} : { grep: values.grep }),
  });
  for (const file of positionals) mocha.addFile(file);
  await mocha.loadFilesAsync();
  const failed = await new Promise<number>((resolve) => {
    const runner = mocha.run((failures) => {
      const result: TierResult = {
        passed: runner.stats?.passes ?? 0,
        failed: failures,
        skipped: runner.stats?.pending ?? 0,
      };
      if (values.result !== undefined) writeFileSync(values.result, JSON.stringify(result));
      resolve(failures);
    });
  });
  process.exitCode = failed === 0 ? 0 : 1;
  // Does not keep the process alive: it fires only when something else does.
  setTimeout(() => {
    console.log(`Left open after the last test: ${process.getActiveResourcesInfo().join(', ')}`);
    process.exit(LEFT_OPEN);
  }, 5000).unref();
}

await main();
