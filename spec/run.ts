import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { projectRoot } from '../config/project-root.ts';
import { dropDatabases, startMariadb } from './services/mariadb.ts';
import { ensurePackages, type NeedName, type Readiness } from './services/packages.ts';
import { startChild } from './services/process.ts';
import { startRabbitmq } from './services/rabbitmq.ts';
import { isTierName, LEFT_OPEN, specFiles, TIERS, type TierName, type TierResult } from './tiers.ts';

/**
 * `npm test [-- --tier NAME] [--grep TEXT]`: the linter, the compiler and every tier of specs, each in a process of its
 * own. The last line is `N passed, N failed`, with `, N skipped` when a tier could not run. With CI=true a tier that
 * cannot run has failed.
 */
const CI = process.env.CI === 'true';
const AT_ONCE = 2;

/** Checks of the sources, beside the tiers of specs: arguments of node. Each counts as one. */
const CHECKS = {
  lint: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
  types: ['node_modules/typescript/bin/tsc', '-p', '.', '--noEmit', '--incremental', 'false'],
  portal_types: ['node_modules/typescript/bin/tsc', '-p', 'portal'],
} as const;
type CheckName = keyof typeof CHECKS;

interface Outcome extends TierResult {
  name: string;
  seconds: number;
  /** Why it failed or was skipped as a whole. */
  note: string | null;
}

/** Resolves with the server's URL, or with the reason why there is none. */
type Service = Promise<{ url: string } | { why_not: string }>;

interface Run {
  grep: string | undefined;
  id: string;
  folder: string;
  /** Show output as it comes: only where one thing runs. Else the output of each is shown when it has ended. */
  live: boolean;
  readiness: Promise<Readiness>;
  services: { mariadb: () => Service; rabbitmq: () => Service };
}

function isCheckName(value: string): value is CheckName {
  return Object.hasOwn(CHECKS, value);
}

/** Runs one check or tier. Never rejects. */
async function runOne(name: CheckName | TierName, run: Run): Promise<Outcome> {
  const started_at = performance.now();
  const result = await (isCheckName(name) ? runCheck(name, run) : runTier(name, run)).catch(
    (error: unknown) => failure(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  );
  return { name, ...result, seconds: (performance.now() - started_at) / 1000 };
}

type Result = Omit<Outcome, 'name' | 'seconds'>;

function failure(note: string, counted: Partial<TierResult> = {}): Result {
  return {
    passed: counted.passed ?? 0,
    failed: (counted.failed ?? 0) + 1,
    skipped: counted.skipped ?? 0,
    note,
  };
}

/** A tier that cannot run here. */
function skipped(note: string): Result {
  return CI ? failure(note) : { passed: 0, failed: 0, skipped: 1, note };
}

async function runCheck(name: CheckName, run: Run): Promise<Result> {
  const code = await runNode(name, CHECKS[name], {}, 300, run);
  if (code !== 0) return failure(`ended with ${code}`);
  return { passed: 1, failed: 0, skipped: 0, note: null };
}

async function runTier(name: TierName, run: Run): Promise<Result> {
  const tier = TIERS[name];
  const env: Record<string, string> = { KUROGANE_TEST_RUN: run.id };
  const readiness = await run.readiness;
  const needs: readonly NeedName[] = tier.needs;
  for (const need of needs) {
    const why_not = readiness[need];
    if (why_not !== null) return skipped(why_not);
  }
  for (const need of ['mariadb', 'rabbitmq'] as const) {
    if (!needs.includes(need)) continue;
    const service = await run.services[need]();
    if ('why_not' in service) return failure(service.why_not);
    env[VARIABLES[need]] = service.url;
  }

  const compiled = dirname(fileURLToPath(import.meta.url));
  const files = specFiles(join(projectRoot, 'spec'))[name];
  const result_file = join(run.folder, `${name}.json`);
  // Room for short-lived objects: half as much time goes into collecting them.
  const args = [
    '--enable-source-maps',
    '--max-semi-space-size=64',
    join(compiled, 'run-tier.js'),
    '--result',
    result_file,
  ];
  args.push('--timeout', String(tier.test_timeout_ms));
  if (CI) args.push('--strict');
  if (process.stdout.isTTY) args.push('--color');
  if (run.grep !== undefined) args.push('--grep', run.grep);
  const code = await runNode(
    name,
    [...args, ...files.map((file) => join(compiled, file))],
    env,
    tier.timeout_s,
    run,
  );
  const result = await readFile(result_file, 'utf8').then(
    (text) => JSON.parse(text) as TierResult,
    () => null,
  );
  if (result === null)
    return failure(code === null ? `hung: killed after ${tier.timeout_s} s` : `crashed (${code})`);
  if (code === LEFT_OPEN) return failure('left a socket, a timer or a child open', result);
  if (code === null) return failure(`did not end: killed after ${tier.timeout_s} s`, result);
  if (code !== 0 && result.failed === 0) return failure(`ended with ${code}`, result);
  if (result.passed + result.failed === 0 && run.grep === undefined) return failure('no test ran', result);
  return { ...result, note: null };
}

/** Runs node with `args` in the project's root; resolves with its exit code, null when it had to be killed. */
async function runNode(
  name: string,
  args: readonly string[],
  env: Record<string, string>,
  timeout_s: number,
  run: Run,
): Promise<number | null> {
  const chunks: string[] = [];
  if (run.live) console.log(`\n=== ${name}`);
  const child = await startChild({
    command: process.execPath,
    args,
    cwd: projectRoot,
    env: { ...process.env, ...env },
    onOutput: (chunk) => (run.live ? process.stdout.write(chunk) : chunks.push(chunk)),
  });
  const limit = setTimeout(() => void child.kill(), timeout_s * 1000);
  const { code } = await child.exited;
  clearTimeout(limit);
  if (!run.live) console.log(`\n=== ${name}\n${chunks.join('')}`);
  return code;
}

const VARIABLES = { mariadb: 'KUROGANE_TEST_DATABASE_URL', rabbitmq: 'KUROGANE_TEST_AMQP_URL' } as const;

/** A server that is started once, when first asked for; the one that the environment names is used as it is. */
function service(
  variable: string,
  start: () => Promise<{ url: string } & AsyncDisposable>,
  cleanups: (() => PromiseLike<void>)[],
): () => Service {
  let server: Service | undefined;
  async function provide(): Service {
    const named = process.env[variable] ?? '';
    if (named !== '') return { url: named };
    const starting = start();
    // Also when the run is interrupted while the server starts.
    cleanups.push(async () => (await starting.catch(() => null))?.[Symbol.asyncDispose]());
    try {
      return await starting;
    } catch (error) {
      return { why_not: error instanceof Error ? error.message : String(error) };
    }
  }
  return () => {
    server ??= provide();
    return server;
  };
}

/** Runs the names, some at once, in their order; resolves with the outcomes in that order. */
async function runAll(names: readonly (CheckName | TierName)[], run: Run): Promise<Outcome[]> {
  const queue = [...names.entries()];
  const outcomes: Outcome[] = [];
  async function work(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      outcomes[next[0]] = await runOne(next[1], run);
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcomes;
}

function report(outcomes: readonly Outcome[]): void {
  console.log('\n=== summary');
  for (const outcome of outcomes) {
    const { name, passed, failed, skipped: not_run, seconds, note } = outcome;
    const word = failed > 0 ? 'FAILED' : not_run > 0 && passed === 0 ? 'SKIPPED' : 'ok';
    const counts = `${passed} passed, ${failed} failed${not_run > 0 ? `, ${not_run} skipped` : ''}`;
    console.log(`${name.padEnd(13)}${word.padEnd(13)}${counts} (${seconds.toFixed(1)} s)`);
    if (note !== null) console.log(`${' '.repeat(10)}${note}`);
  }
  const sum = (key: keyof TierResult) => outcomes.reduce((total, outcome) => total + outcome[key], 0);
  const total_skipped = sum('skipped');
  console.log(
    `\n${sum('passed')} passed, ${sum('failed')} failed${total_skipped > 0 ? `, ${total_skipped} skipped` : ''}`,
  );
}

function selected(tiers: readonly string[]): (CheckName | TierName)[] {
  const all = [...Object.keys(CHECKS), ...Object.keys(TIERS)].filter(
    (name) => isCheckName(name) || isTierName(name),
  );
  for (const tier of tiers)
    if (!all.some((name) => name === tier)) throw new Error(`No tier ${tier}. There are: ${all.join(', ')}.`);
  return tiers.length === 0 ? all : all.filter((name) => tiers.includes(name));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { tier: { type: 'string', multiple: true, default: [] }, grep: { type: 'string' } },
  });
  const names = selected(values.tier);
  const needs = new Set(
    names.flatMap((name): readonly NeedName[] => (isTierName(name) ? TIERS[name].needs : [])),
  );
  const id = randomBytes(4).toString('hex');
  const cleanups: (() => PromiseLike<void>)[] = [];
  const run: Run = {
    grep: values.grep,
    id,
    folder: await mkdtemp(join(tmpdir(), 'kurogane-test-')),
    live: names.length === 1,
    readiness: ensurePackages([...needs]),
    services: {
      mariadb: service(VARIABLES.mariadb, startMariadb, cleanups),
      rabbitmq: service(VARIABLES.rabbitmq, startRabbitmq, cleanups),
    },
  };
  cleanups.push(() => rm(run.folder, { recursive: true, force: true }));
  const shared_database = process.env[VARIABLES.mariadb] ?? '';
  if (shared_database !== '' && needs.has('mariadb')) cleanups.push(() => dropDatabases(shared_database, id));

  async function clean(): Promise<void> {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void clean().finally(() => process.exit(130)));

  const outcomes = await runAll(names, run);
  await clean();
  report(outcomes);
  process.exitCode = outcomes.some((outcome) => outcome.failed > 0) ? 1 : 0;
}

await main();
