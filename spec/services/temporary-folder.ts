import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** Makes a folder of its own under the system's temporary one. It goes with `remove`, and at the latest when this process exits. */
export async function temporaryFolder(prefix: string): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  const removeAtExit = (): void => rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  process.on('exit', removeAtExit);
  return {
    path,
    async remove() {
      process.off('exit', removeAtExit);
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
