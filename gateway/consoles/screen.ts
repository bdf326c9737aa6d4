import { once } from 'node:events';
import { type Connection, DriverError } from '../../drivers/contract.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { createRfbReader } from './rfb-reader.ts';
import type { Seat, Viewer } from './viewer.ts';

/** Opens the way to a node's BMC. @throws DriverError */
export type OpenBmc = (node: NodeRecord) => Promise<Connection>;

const OPEN_MS = 15_000;
/** What may wait for whoever looks before the BMC is read no further, and where it is read on. */
const [FULL, LOW] = [1024 * 1024, 256 * 1024];

/** A connection of its own to the screen: RFB has a place for each. @throws DriverError */
export async function openScreen(
  open: OpenBmc,
  node: NodeRecord,
  viewer: Viewer,
  read_only: boolean,
): Promise<Seat> {
  const connection = await open(node);
  try {
    if (connection.graphicalConsole === undefined)
      throw new DriverError('unsupported', `The driver ${node.driver} leads to no screen.`);
    const screen = await connection.graphicalConsole.connect({ timeout_ms: OPEN_MS });
    const reader = read_only ? createRfbReader() : null;
    screen.on('data', (bytes: Buffer) => {
      viewer.send(bytes, () => {
        if (viewer.waiting < LOW) screen.resume();
      });
      if (viewer.waiting > FULL) screen.pause();
    });
    screen.once('end', () => viewer.end('ended', 'The BMC closed the screen.'));
    screen.once('error', (error) => viewer.end('unavailable', error.message));
    screen.once('close', () => viewer.end('ended', 'The BMC closed the screen.'));
    return {
      take: async (bytes) => {
        const passed = reader === null ? bytes : reader.pass(bytes);
        if (passed.length > 0 && !screen.write(passed)) await once(screen, 'drain');
      },
      leave: async () => {
        screen.destroy();
      },
    };
  } finally {
    await connection[Symbol.asyncDispose]();
  }
}
