import { nothing } from '../../drivers/ipmi/commands/command.ts';
import {
  getWatchdog,
  resetWatchdog,
  setWatchdog,
  WATCHDOG_ACTION,
  type WatchdogSettings,
} from '../../drivers/ipmi/commands/watchdog.ts';
import type { Machine, PowerAction } from '../machine.ts';
import { on, type Row } from './handler.ts';

const NEVER_SET = 0x80;
const ACTIONS: Readonly<Record<number, PowerAction>> = {
  [WATCHDOG_ACTION.hardReset]: 'reset',
  [WATCHDOG_ACTION.powerDown]: 'off',
  [WATCHDOG_ACTION.powerCycle]: 'cycle',
};

/** A server's watchdog timer. */
export class Watchdog {
  readonly #machine: Machine;
  #settings: WatchdogSettings | null = null;
  #started_ms = 0;
  /** Ends the countdown; null: it does not run. */
  #running: AbortController | null = null;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  get state(): WatchdogSettings & { running: boolean; left_ms: number } {
    const { use, action, countdown_ms } = this.#settings ?? { use: 0, action: 0, countdown_ms: 0 };
    const running = this.#running !== null;
    const passed_ms = running ? this.#machine.clock.monotonic() - this.#started_ms : 0;
    return { use, action, countdown_ms, running, left_ms: Math.max(0, countdown_ms - passed_ms) };
  }

  set(settings: WatchdogSettings, keep_running: boolean): void {
    this.#settings = settings;
    if (keep_running && this.#running !== null) this.start();
    else this.stop();
  }

  /** False: it was never set. */
  start(): boolean {
    this.stop();
    const settings = this.#settings;
    if (settings === null) return false;
    const { clock } = this.#machine;
    const running = new AbortController();
    this.#running = running;
    this.#started_ms = clock.monotonic();
    clock.sleep(settings.countdown_ms, running.signal).then(
      () => {
        this.#running = null;
        const action = ACTIONS[settings.action];
        this.#machine.note('watchdog', action ?? 'none');
        if (action !== undefined) this.#machine.command(action);
      },
      () => {}, // started over, or stopped
    );
    return true;
  }

  stop(): void {
    this.#running?.abort();
    this.#running = null;
  }
}

/** IPMI v2.0 27 */
export const WATCHDOG_ROWS: readonly Row[] = [
  on(setWatchdog, ({ watchdog }, { keep_running, ...settings }) => {
    watchdog.set(settings, keep_running);
    return nothing;
  }),
  on(getWatchdog, ({ watchdog }) => watchdog.state),
  on(resetWatchdog, ({ watchdog }) => (watchdog.start() ? nothing : NEVER_SET)),
];
