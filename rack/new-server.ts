import type { Clock } from '../lifecycle/clock.ts';
import type { FirmwareOrder } from '../lifecycle/firmware-updates.ts';
import {
  type BmcOrders,
  CallRefused,
  type RegistrationClient,
  type ReportReply,
} from './registration-client.ts';

/** A server that was just racked: what it finds in itself, and its own BMC as it is reached in band. */
export interface NewServerOptions {
  clock: Clock;
  client: RegistrationClient;
  token: string;
  /** A RegisterRequest of registration.proto, as the server is after it was started. */
  facts(): object;
  /** Throw what ipmitool would say. */
  setLan(orders: BmcOrders): Promise<void>;
  setAccount(orders: BmcOrders): Promise<void>;
  /** Throws what the script would say. Default: it ends well, and changes nothing. */
  update?(order: FirmwareOrder): Promise<void>;
}

/** How it ended: whether the server's lamp is on, and why. */
export interface Registered {
  power: 'on' | 'off';
  node_uuid: string | null;
  /** Of a refused call; else ''. */
  code: string;
  step: string;
  cause: string;
  bmc: BmcOrders | null;
  /** How often it restarted for its firmware. */
  restarts: number;
}

/** RESOURCE_EXHAUSTED and UNAVAILABLE: the service asks to come again. */
const COME_AGAIN = [8, 14];
const TRIES = 30;
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;
/** More than the service ever asks for. */
const MOST_RESTARTS = 8;

/** What the agent of the ramdisk does from its start on: the protocol, without the machine around it. */
export async function registerNewServer(options: NewServerOptions): Promise<Registered> {
  for (let restarts = 0; ; restarts++) {
    const outcome = await attempt(options);
    if (outcome !== 'restart') return { ...outcome, restarts };
    if (restarts === MOST_RESTARTS) throw new Error(`The server was restarted ${restarts} times.`);
  }
}

async function attempt(options: NewServerOptions): Promise<Omit<Registered, 'restarts'> | 'restart'> {
  const { client, clock, facts, token } = options;
  const ended = (
    power: 'on' | 'off',
    { step, cause }: { step: string; cause: string },
    code = '',
  ): Omit<Registered, 'restarts'> => ({
    ...{ power, node_uuid: null, code, step, cause, bmc: null },
  });
  try {
    const reply = await patiently(clock, () => client.register(token, facts()));
    const { bmc, node_uuid, registration_uuid, secret } = reply;
    if (reply.action === 'ACTION_STAY') return { ...ended('on', reply), node_uuid };
    const tell = (step: string, outcome: string, cause = ''): Promise<ReportReply> =>
      patiently(clock, () =>
        client.report({ registration_uuid, secret, step, outcome, cause, log_tail: cause }),
      );
    if (bmc !== null) {
      for (const [step, act] of [
        ['bmc-lan', options.setLan] as const,
        ['bmc-account', options.setAccount] as const,
      ]) {
        try {
          await act(bmc);
        } catch (error) {
          return { ...ended('on', await tell(step, 'OUTCOME_FAILED', (error as Error).message)), node_uuid };
        }
      }
    }
    for (const order of reply.updates ?? []) {
      await tell('firmware', 'OUTCOME_RUNNING');
      try {
        await options.update?.(order);
      } catch (error) {
        return {
          ...ended('on', await tell('firmware', 'OUTCOME_FAILED', (error as Error).message)),
          node_uuid,
        };
      }
    }
    if ((reply.updates ?? []).length > 0) {
      const verdict = await tell('firmware', 'OUTCOME_DONE');
      return verdict.action === 'ACTION_RESTART' ? 'restart' : { ...ended('on', verdict), node_uuid };
    }
    for (let pause_ms = PAUSE_MS; ; pause_ms = Math.min(pause_ms * 1.5, LONGEST_PAUSE_MS)) {
      const verdict = await tell('report', 'OUTCOME_DONE');
      if (verdict.action === 'ACTION_POWER_OFF') return { ...ended('off', verdict), node_uuid, bmc };
      if (verdict.action === 'ACTION_STAY') return { ...ended('on', verdict), node_uuid, bmc };
      await clock.sleep(pause_ms * (0.5 + Math.random()));
    }
  } catch (error) {
    if (!(error instanceof CallRefused)) throw error;
    return ended('on', { step: '', cause: error.message }, error.code);
  }
}

/** Comes again as often as the service asks for it. */
async function patiently<T>(clock: Clock, call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof CallRefused) || !COME_AGAIN.includes(error.status) || tries >= TRIES)
        throw error;
      await clock.sleep(Math.min(PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS) * (0.5 + Math.random()));
    }
  }
}
