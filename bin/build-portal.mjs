// Builds the portal (portal/) into dist/portal, with every file also compressed. Plain JavaScript, because bin/setup.mjs calls it
// before anything is compiled. Quiet, and quick, when the sources are what they were.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'portal');
const target = join(root, 'dist/portal');
const stamp = join(root, 'dist/portal.sha256');
/** "use client" means something to server components only; how long plugins took is nobody's trouble. */
const IDLE_TALK = ['MODULE_LEVEL_DIRECTIVE', 'PLUGIN_TIMINGS'];
const COMPRESSED = /\.(js|css|html|svg|json)$/;

/** Builds when the sources, or the versions of the packages, changed since the last build. @returns whether it did */
export async function buildPortal() {
  const hash = hashOf([source, join(root, 'package-lock.json'), fileURLToPath(import.meta.url)]);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash && existsSync(join(target, 'index.html')))
    return false;
  console.error('Building the portal (vite)...');
  const { build } = await import('vite');
  rmSync(stamp, { force: true });
  await build({
    configFile: false,
    root: source,
    base: '/portal/',
    logLevel: 'warn',
    build: {
      outDir: target,
      emptyOutDir: true,
      target: 'es2023',
      // No script inside the page: the Content-Security-Policy has none.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      manifest: 'manifest.json',
      reportCompressedSize: false,
      chunkSizeWarningLimit: 1000,
      rolldownOptions: {
        onLog: (level, log, handle) => {
          if (!IDLE_TALK.includes(log.code)) handle(level, log);
        },
      },
    },
  });
  for (const file of filesIn(target).filter((path) => COMPRESSED.test(path))) {
    const content = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: 9,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    };
    writeFileSync(`${file}.br`, brotliCompressSync(content, { params }));
  }
  writeFileSync(stamp, hash);
  return true;
}

function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths)
    for (const file of filesIn(path)) hash.update(`${relative(root, file)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

function filesIn(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesIn(join(path, name)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPortal();
