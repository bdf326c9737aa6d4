import { DriverError, type SerialConsole } from '../contract.ts';
import { Bmc } from './bmc.ts';
import { MAX_SOL_CHARACTERS, SOL_HEADER_LENGTH } from './codec/sol.ts';
import { activatePayload, deactivatePayload, SOL_INSTANCE } from './commands/payload.ts';
import { CompletionError } from './completion-error.ts';
import type { IpmiInfo } from './driver-info.ts';
import type { BmcContext } from './driver-options.ts';
import { remaining } from './power.ts';
import { SolStream } from './sol-stream.ts';
import { Turnstile } from './turnstile.ts';

/** BMCs that tell no size take at least this. */
const SMALLEST_PACKET = 16;

const REFUSALS: Readonly<Record<number, readonly ['busy' | 'rejected' | 'unsupported', string]>> = {
  0x80: [
    'busy',
    'the console is open in another session. End it there, or take it over (ipmitool sol deactivate).',
  ],
  0x81: [
    'rejected',
    'Serial over LAN is disabled. Enable it on the BMC (ipmitool sol set enabled true) and for the user (ipmitool sol payload enable).',
  ],
  0x82: ['busy', 'the BMC has no room for another console. End one of the others.'],
  0x83: ['unsupported', 'the BMC does not encrypt Serial over LAN, and in the clear it is refused.'],
};

/** Opens the serial port of one BMC, each time in a session of its own. @param open those of the driver that are not closed yet */
export function ipmiSerialConsole(
  info: IpmiInfo,
  context: BmcContext,
  open: Set<AsyncDisposable>,
): SerialConsole {
  return {
    terminal_port: info.terminal_port,
    open: async ({ take_over, ...options }) => {
      const left = remaining(context.clock, options);
      const bmc = new Bmc(info, context, new Turnstile(context.transport.deadlines), () => undefined);
      try {
        if (take_over === true) await deactivate(bmc, left());
        const request = { ...SOL_INSTANCE, encrypted: true, authenticated: true };
        const { inbound_size } = await bmc.execute(activatePayload, request, left());
        const { session } = bmc;
        if (session === null)
          throw new DriverError('unreachable', `${bmc.name}: the BMC ended the session. Try again.`);
        const largest = Math.max(
          SMALLEST_PACKET,
          Math.min(MAX_SOL_CHARACTERS, inbound_size - SOL_HEADER_LENGTH),
        );
        const stream: SolStream = new SolStream(bmc, session, context, largest, () => open.delete(stream));
        open.add(stream);
        return stream;
      } catch (error) {
        await bmc.close();
        throw named(error, bmc.name);
      }
    },
  };
}

/** Ends the console that somebody has open. None is no error. */
async function deactivate(bmc: Bmc, options: Parameters<Bmc['execute']>[2]): Promise<void> {
  try {
    await bmc.execute(deactivatePayload, SOL_INSTANCE, options);
  } catch (error) {
    // Some BMCs say it with a code of their own: activating tells.
    if (!(error instanceof CompletionError)) throw error;
  }
}

function named(error: unknown, name: string): unknown {
  if (!(error instanceof CompletionError)) return error;
  const refusal = REFUSALS[error.completion_code];
  return refusal === undefined
    ? error
    : new DriverError(refusal[0], `${name}: ${refusal[1]}`, { cause: error });
}
