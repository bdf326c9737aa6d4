import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { type FakeServers, serverOf } from '../../drivers/fake/server.ts';

const OFF = 0;
const ON = 1;

/** Makes the file that holds the power of as many servers, all of them off. */
export function makePowerFile(path: string, count: number): void {
  writeFileSync(path, Buffer.alloc(count, OFF));
}

/**
 * The servers of the fake driver, made at once: what grows later is the product's. Their power is in a file that the processes
 * of the soak share, as they would share a real server: a process that finds it changed by another would correct it.
 */
export function sharedServers(path: string, keys: readonly string[]): FakeServers & Disposable {
  const file = openSync(path, 'r+');
  const one = Buffer.alloc(1);
  const servers: FakeServers = new Map();
  for (const [at, key] of keys.entries())
    Object.defineProperty(serverOf(servers, key), 'power', {
      get: () => (readSync(file, one, 0, 1, at) === 1 && one[0] === ON ? 'power on' : 'power off'),
      set: (power: string) => {
        one[0] = power === 'power on' ? ON : OFF;
        writeSync(file, one, 0, 1, at);
      },
    });
  return Object.assign(servers, { [Symbol.dispose]: () => closeSync(file) });
}
