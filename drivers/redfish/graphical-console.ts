import { type Duplex, finished } from 'node:stream';
import { DriverError, type GraphicalConsole } from '../contract.ts';
import type { Call } from './call.ts';
import { quirksOf } from './quirks.ts';
import { booleanIn, objectIn } from './resources.ts';
import type { System } from './system.ts';

/** What every version message of RFB begins with. RFC 6143 7.1.1 */
const RFB = 'RFB ';

/**
 * The screen as the BMC's WebSocket gives it. KVM-IP of the standard (Manager.GraphicalConsole) says that there is a screen, and
 * leaves to the vendor how one gets to it: OpenBMC's is known.
 *
 * @param hold keeps the BMC's session until what it returns is called
 */
export function redfishGraphicalConsole(system: System, hold: () => () => Promise<void>): GraphicalConsole {
  const { client } = system;
  const open = async (call: Call): Promise<Duplex> => {
    const resource = await system.read(call);
    const [manager] = await system.linked(call, resource, 'ManagedBy');
    const facts = objectIn(manager?.body ?? {}, 'GraphicalConsole');
    if (facts !== null && booleanIn(facts, 'ServiceEnabled') === false)
      throw new DriverError('unsupported', `${client.name}: The BMC's graphical console is switched off.`);
    const { screen_path } = quirksOf(resource, manager);
    if (facts === null || screen_path === null)
      throw new DriverError(
        'unsupported',
        facts === null
          ? `${client.name}: The BMC has no graphical console.`
          : `${client.name}: How one gets to the graphical console of this BMC is its vendor's own matter. OpenBMC's is known.`,
      );
    const stream = await client.webSocket(call, screen_path);
    try {
      await greeted(stream, client, call);
      return stream;
    } catch (error) {
      stream.destroy();
      throw error;
    }
  };
  return {
    connect: async (options) => {
      const release = hold();
      try {
        const stream = await client.within(options, open);
        finished(stream, () => void release());
        return stream;
      } catch (error) {
        await release();
        throw error;
      }
    },
  };
}

/** Waits for the first words: an RFB server speaks first, and a BMC whose places are taken closes without. */
async function greeted(stream: Duplex, client: System['client'], call: Call): Promise<void> {
  call.waiting = { code: 'timeout', what: 'The graphical console was opened, and says nothing.' };
  let look = (): void => {};
  let stop = (): void => {};
  let lost = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      stop = () => reject(call.signal.reason);
      lost = () =>
        reject(
          new DriverError(
            'busy',
            `${client.name}: The BMC closed its graphical console at once. Others may have all its places.`,
          ),
        );
      look = () => {
        const first = stream.read(RFB.length) as Buffer | null;
        if (first === null) return;
        // Put back, it would be told of again.
        stream.off('readable', look);
        stream.unshift(first);
        const words = first.toString('latin1', 0, RFB.length);
        if (words === RFB) resolve();
        else
          reject(
            new DriverError(
              'rejected',
              `${client.name}: What the BMC shows as its screen is no stream of RFB.`,
            ),
          );
      };
      call.signal.addEventListener('abort', stop);
      stream.on('end', lost);
      stream.on('close', lost);
      stream.on('error', lost);
      stream.on('readable', look);
    });
  } finally {
    call.signal.removeEventListener('abort', stop);
    stream.off('end', lost);
    stream.off('close', lost);
    stream.off('readable', look);
    // Who takes the stream hears of its errors too.
    stream.off('error', lost);
  }
}
