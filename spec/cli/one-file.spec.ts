import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../config/project-root.ts';
import { newNode } from '../builders/records.ts';
import { startApiBench } from '../contract/api/api-bench.ts';
import { run } from '../services/process.ts';
import { temporaryFolder } from '../services/temporary-folder.ts';

describe('S66 the client', function () {
  this.timeout(60_000);

  it('is one file, which needs Node and nothing beside it', async () => {
    await using bench = await startApiBench();
    await bench.store.nodes.create(newNode({ name: 'web-1' }));
    const folder = await temporaryFolder('kurogane-one-file-');
    try {
      const builder = join(projectRoot, 'bin/build-client.mjs');
      await run({ command: process.execPath, args: [builder, folder.path], timeout_ms: 50_000 });
      expect(await readdir(folder.path)).to.deep.equal(['kurogane.mjs']);
      const kurogane = (...args: string[]) =>
        run({
          ...{ command: join(folder.path, 'kurogane.mjs'), args, cwd: folder.path },
          env: {
            PATH: process.env.PATH ?? '',
            OS_AUTH_TYPE: 'none',
            OS_ENDPOINT: `${bench.url}/lifecycle`,
          },
        });
      const listed = await kurogane('server', 'list', '-o', 'value', '-c', 'name,stage');
      expect([listed.stdout, listed.stderr, listed.code]).to.deep.equal(['web-1\tregistration\n', '', 0]);
      expect((await kurogane('completion', 'zsh')).stdout).to.match(/^#compdef kurogane/);
      expect((await kurogane('server', 'show', 'nobody')).code).to.equal(5);
      // It has nothing of the service.
      expect((await kurogane('serve')).code).to.equal(2);
    } finally {
      await folder.remove();
    }
  });
});
