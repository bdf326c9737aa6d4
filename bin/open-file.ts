import { open } from 'node:fs/promises';
import type { PartedFile } from '../cli/upload-file.ts';

/** A file that is read in parts. @throws Error: it cannot be read */
export async function openFile(path: string): Promise<PartedFile> {
  const file = await open(path, 'r');
  const { size } = await file.stat();
  return {
    size,
    read: async (offset, most) => {
      const bytes = Buffer.alloc(Math.max(0, Math.min(most, size - offset)));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
      return bytes.subarray(0, bytesRead);
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
