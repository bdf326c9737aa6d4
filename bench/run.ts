import { parseArgs } from 'node:util';
import type { BenchOptions } from './report.ts';

/** `npm run bench -- NAME [--json FILE] [--long]`. Each benchmark prints its table and writes the file itself, with report.ts. */
const BENCHES = {
  ipmi: () => import('./ipmi.ts'),
  bmc: () => import('./bmc.ts'),
  api: () => import('./api.ts'),
  lifecycle: () => import('./lifecycle.ts'),
  boot: () => import('./boot.ts'),
  portal: () => import('./portal.ts'),
} as const satisfies Record<string, () => Promise<{ run(options: BenchOptions): Promise<void> }>>;

function isBench(name: string | undefined): name is keyof typeof BENCHES {
  return name !== undefined && Object.hasOwn(BENCHES, name);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'string' }, long: { type: 'boolean', default: false } },
  });
  const [name, ...more] = positionals;
  if (!isBench(name) || more.length > 0) {
    console.error(
      `Usage: npm run bench -- NAME [--json FILE] [--long]\nNAME is one of: ${Object.keys(BENCHES).join(', ')}`,
    );
    process.exitCode = 2;
    return;
  }
  const bench = await BENCHES[name]();
  await bench.run({ long: values.long, ...(values.json === undefined ? {} : { json: values.json }) });
}

await main();
