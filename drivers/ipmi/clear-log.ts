import type { Clock } from '../../lifecycle/clock.ts';
import { type CallOptions, DriverError } from '../contract.ts';
import { COMPLETION_CODE } from './codec/status-codes.ts';
import { clearSel } from './commands/clear-sel.ts';
import { getSelInfo } from './commands/get-sel-info.ts';
import { reserveSel } from './commands/reserve-sel.ts';
import { CompletionError } from './completion-error.ts';
import type { Controller } from './controller.ts';
import { remaining } from './power.ts';

/** An event that comes in between cancels the reservation. */
const RESERVATIONS = 5;
const POLL_MS = 100;

/** Empties the event log, and waits until the BMC has done it. IPMI v2.0 31.9 @throws DriverError */
export async function clearLog(bmc: Controller, clock: Clock, options: CallOptions): Promise<void> {
  const left = remaining(clock, options);
  const { supports_reserve } = await bmc.execute(getSelInfo, {}, left());
  for (let tries = 1; ; tries++) {
    const { reservation_id } = supports_reserve
      ? await bmc.execute(reserveSel, {}, left())
      : { reservation_id: 0 };
    try {
      let { done } = await bmc.execute(clearSel, { reservation_id, initiate: true }, left());
      while (!done) {
        if (left().timeout_ms <= POLL_MS)
          throw new DriverError('timeout', `${bmc.name}: the BMC is still erasing its event log.`);
        await clock.sleep(POLL_MS, options.signal);
        ({ done } = await bmc.execute(clearSel, { reservation_id, initiate: false }, left()));
      }
      return;
    } catch (error) {
      const cancelled =
        error instanceof CompletionError && error.completion_code === COMPLETION_CODE.reservationCancelled;
      if (!cancelled || tries >= RESERVATIONS) throw error;
    }
  }
}
