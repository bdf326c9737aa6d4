import type { ConsoleEnd, ConsoleWay } from '../../conductor/consoles/viewer.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { CloseReason, Seat, Viewer } from './viewer.ts';

const WRITE_MS = 15_000;
/** What may wait for one viewer; it holds up no others. */
const MOST_WAITING = 1024 * 1024;

const REASONS: Readonly<Record<ConsoleEnd, CloseReason>> = {
  ended: 'ended',
  unavailable: 'unavailable',
  too_slow: 'too_slow',
  stopped: 'unavailable',
};

/** A seat at the serial port of a server, which all who look share. @throws DriverError */
export async function openSerial(
  consoles: ConsoleWay,
  node: NodeRecord,
  viewer: Viewer,
  take_over: boolean,
): Promise<Seat> {
  const seat = await consoles.attach(
    node,
    {
      data: (bytes) => {
        if (viewer.waiting > MOST_WAITING) return false;
        viewer.send(bytes);
        return true;
      },
      ended: (reason, why) => viewer.end(REASONS[reason], why),
    },
    take_over,
  );
  return {
    take: (bytes) => seat.write(bytes, { timeout_ms: WRITE_MS }),
    sendBreak: () => seat.sendBreak({ timeout_ms: WRITE_MS }),
    leave: async () => seat.detach(),
  };
}
