import type { JsonObject } from '../../lifecycle/json.ts';
import { POWER_TARGETS, type PowerTarget } from '../../lifecycle/power.ts';
import {
  type CallOptions,
  type Connection,
  type Driver,
  type DriverContext,
  DriverError,
} from '../contract.ts';

/**
 * A driver as somebody else would write it: for a power strip that switches its outlets by HTTP.
 *
 *   GET /outlets/<n>          → {"on": true}
 *   PUT /outlets/<n> {"on": …} → 204
 *
 * with a key in the header x-key. docs/drivers.md goes through it from top to bottom.
 */

/** Version of the contract that this is written for. */
export const driver_api = 1;

/** What driver_info says, checked. */
interface StripInfo {
  url: string;
  key: string;
  outlet: number;
}

/** driver_info of the hardware type. What is `secret` is masked wherever it is shown. */
const PROPERTIES = {
  strip_url: { description: 'URL of the power strip. Required.', required: true },
  strip_key: { description: 'Its key. Required.', required: true, secret: true },
  strip_outlet: { description: 'Number of the outlet that the server hangs on. Required.', required: true },
} as const;

/** One list for each kind of interface; the first that is enabled is the default. */
const INTERFACES = {
  bios: ['no-bios'],
  boot: ['ipxe', 'pxe'],
  console: ['no-console'],
  deploy: ['direct', 'ramdisk'],
  firmware: ['no-firmware'],
  inspect: ['agent', 'no-inspect'],
  management: ['noop'],
  network: ['flat', 'neutron', 'noop'],
  power: ['strip'],
  raid: ['agent', 'no-raid'],
  rescue: ['no-rescue', 'agent'],
  storage: ['noop'],
  vendor: ['no-vendor'],
} as const;

const MAX_ANSWER_BYTES = 4096;
const BUSY_PAUSE_MS = 100;
const MOST_ATTEMPTS = 3;

/** Called once by each process. `context` has the clock and the log. */
export function createDriver({ clock }: DriverContext): Driver<StripInfo> {
  return {
    name: 'example-strip',
    properties: PROPERTIES,
    interfaces: INTERFACES,
    parse,
    // Nothing is opened before the first call, and nothing is kept between calls.
    connect: async (info) => connection(info, clock),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Reads driver_info: all problems at once, without their values. Pure. */
function parse(driver_info: JsonObject): { info: StripInfo } | { problems: string[] } {
  const { strip_url, strip_key, strip_outlet } = driver_info;
  const problems: string[] = [];
  if (typeof strip_url !== 'string' || !/^https?:\/\//.test(strip_url) || !URL.canParse(strip_url))
    problems.push('strip_url must be an http or https URL.');
  if (typeof strip_key !== 'string' || strip_key === '') problems.push('strip_key must be a text.');
  const outlet = Number(typeof strip_outlet === 'object' ? Number.NaN : strip_outlet);
  if (!Number.isInteger(outlet) || outlet < 0) problems.push('strip_outlet must be a number from 0.');
  if (problems.length > 0) return { problems };
  return { info: { url: String(strip_url).replace(/\/$/, ''), key: String(strip_key), outlet } };
}

/** What the hardware can do. What it cannot is left out: here, all but power. */
function connection(info: StripInfo, clock: DriverContext['clock']): Connection {
  const read = async (options: CallOptions): Promise<boolean> => {
    const answer = JSON.parse(await ask(info, clock, 'GET', null, options)) as { on?: unknown };
    if (typeof answer.on !== 'boolean')
      throw new DriverError('rejected', 'The strip does not say on or off.');
    return answer.on;
  };
  const turn = (on: boolean, options: CallOptions) => ask(info, clock, 'PUT', { on }, options);
  return {
    power: {
      supported: ['power on', 'power off', 'rebooting'],
      get: async (options) => ((await read(options)) ? 'power on' : 'power off'),
      set: async (target: PowerTarget, options) => {
        if (target.startsWith('soft'))
          throw new DriverError('unsupported', 'A strip cannot ask a server to end.');
        if (target === 'rebooting') await turn(false, options);
        await turn(POWER_TARGETS[target].result === 'power on', options);
      },
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** One request, asked again while the strip is busy and when its answer is lost: an answer, or a DriverError by the deadline. */
async function ask(
  { url, key, outlet }: StripInfo,
  clock: DriverContext['clock'],
  method: 'GET' | 'PUT',
  body: JsonObject | null,
  options: CallOptions,
): Promise<string> {
  options.signal?.throwIfAborted();
  const until_ms = clock.monotonic() + options.timeout_ms;
  const deadline = AbortSignal.timeout(options.timeout_ms);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
  for (let attempt = 1; ; ) {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${url}/outlets/${outlet}`, {
        method,
        signal,
        redirect: 'error',
        // No connection is left behind: the driver holds nothing between calls.
        headers: { 'x-key': key, connection: 'close' },
        ...(body === null ? {} : { body: JSON.stringify(body) }),
      });
      text = await bounded(response);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof DriverError) throw error;
      // The connection broke, before or after the work: outlets may be told twice.
      if (!deadline.aborted && attempt++ < MOST_ATTEMPTS) continue;
      throw new DriverError('unreachable', `The strip at ${new URL(url).host} does not answer.`);
    }
    if (response.ok) return text;
    if (response.status === 401) throw new DriverError('unauthorized', 'The strip refuses the key.');
    if (response.status !== 503)
      throw new DriverError('rejected', `The strip answers with the status ${response.status}.`);
    if (clock.monotonic() + BUSY_PAUSE_MS >= until_ms) throw new DriverError('busy', 'The strip is busy.');
    await clock.sleep(BUSY_PAUSE_MS, options.signal);
  }
}

/** An answer is never read further than it can sensibly be. */
async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new DriverError('rejected', 'The strip answers without end.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
