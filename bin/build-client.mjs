import { chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

// A program: makes one file of the client, dist/client/kurogane.mjs, that needs Node and nothing else.
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outDir = process.argv[2] ?? join(root, 'dist/client');

await build({
  ...{ root, configFile: false, logLevel: 'warn' },
  ssr: { noExternal: true, target: 'node' },
  build: {
    ...{ ssr: join(root, 'dist/bin/client.js'), outDir, emptyOutDir: false, target: 'node20' },
    rolldownOptions: {
      output: { entryFileNames: 'kurogane.mjs', codeSplitting: false, banner: '#!/usr/bin/env node' },
    },
  },
});
chmodSync(join(outDir, 'kurogane.mjs'), 0o755);
