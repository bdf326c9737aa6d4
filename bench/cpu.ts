import { readFile } from 'node:fs/promises';

/** CPU seconds that processes have used: utime and stime of proc(5) stat, in hundredths. */
export async function cpuOf(pids: readonly number[]): Promise<number> {
  const all = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8')));
  return all.reduce((sum, text) => {
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / 100;
  }, 0);
}
