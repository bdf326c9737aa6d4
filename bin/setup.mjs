// Makes a clone ready to run: packages, compiled code, the portal. Plain JavaScript, because it runs before there is a compiler.
// Quiet when there is nothing to do. With --keep-going type errors are shown but do not stop what follows (npm test
// counts them itself).
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const build_info = join(root, 'dist/.tsbuildinfo');

checkNode();
if (!packagesAreInstalled()) {
  console.error('Installing npm packages (npm ci)...');
  execute('npm', ['ci', '--include=dev', '--no-audit', '--no-fund']);
}
if (isStale()) {
  console.error('Compiling (tsc)...');
  compile();
}
const { buildPortal } = await import('./build-portal.mjs');
await buildPortal().catch((error) => {
  const message = `The portal cannot be built: ${error.message}`;
  if (process.argv.includes('--keep-going')) console.error(message);
  else fail(message);
});

function checkNode() {
  const { engines } = readJson('package.json');
  const wanted = engines.node.replace('>=', '');
  if (compareVersions(process.versions.node, wanted) < 0)
    fail(
      `Kurogane needs Node.js ${wanted} or newer; this is ${process.versions.node} (${process.execPath}).`,
    );
}

/** Compares what npm installed with what the lock file names; packages for other platforms may be absent. */
function packagesAreInstalled() {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return false;
  const installed = readJson('node_modules/.package-lock.json').packages;
  return Object.entries(readJson('package-lock.json').packages).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed[path];
    if (found === undefined) return wanted.optional === true || wanted.devOptional === true;
    return found.version === wanted.version && existsSync(join(root, path));
  });
}

/** True when a source is newer than the last compilation. */
function isStale() {
  if (!existsSync(build_info)) return true;
  const built_at = statSync(build_info).mtimeMs;
  const { include } = readJson('tsconfig.json');
  return ['tsconfig.json', 'package-lock.json', ...include].some((path) =>
    hasNewer(join(root, path), built_at),
  );
}

function hasNewer(path, built_at) {
  if (!existsSync(path)) return false;
  const facts = statSync(path);
  if (!facts.isDirectory()) return isSource(path) && facts.mtimeMs > built_at;
  return readdirSync(path).some((name) => hasNewer(join(path, name), built_at));
}

function isSource(path) {
  return path.endsWith('.ts') || path.endsWith('.json');
}

function compile() {
  const keep_going = process.argv.includes('--keep-going');
  const started_at = new Date();
  const result = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (result.status === 0) {
    // The compiler leaves the file alone when the sources' text is as it was.
    touch(started_at);
    return;
  }
  touch(new Date(0));
  if (!keep_going || !existsSync(join(root, 'dist/spec/run.js')))
    fail('The sources do not compile; see above.');
}

function touch(date) {
  if (existsSync(build_info)) utimesSync(build_info, date, date);
}

function execute(command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.error !== undefined) fail(`${command} cannot be started: ${result.error.message}`);
  if (result.status !== 0) fail(`${command} ${args.join(' ')} failed; see above.`);
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

function compareVersions(one, other) {
  const [a, b] = [one, other].map((version) => version.split('.').map(Number));
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
