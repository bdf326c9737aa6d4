import type { Settings } from '../config/options.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { isObject, type Json, type JsonObject } from '../lifecycle/json.ts';
import type { NodeRecord } from '../lifecycle/records.ts';
import { httpAgent } from '../net/http-agent.ts';
import { BodyTooLarge, readBounded } from '../net/read-bounded.ts';
import type { Lease } from './lease.ts';
import { StepFailure } from './step.ts';

/** One command of the agent, as it reports it. */
export interface AgentCommand {
  id: string;
  /** Without the extension: `prepare_image`. */
  command_name: string;
  command_params: JsonObject;
  command_status: string;
  command_error: Json;
  command_result: Json;
}

/** The command API of ironic-python-agent on one ramdisk. Every call is bounded and throws StepFailure. */
export interface AgentClient {
  /** The commands since the ramdisk booted, oldest first. */
  commands(): Promise<AgentCommand[]>;
  /** Starts `extension.command`; with `wait` it returns when the command ended. @throws StepFailure also when it failed */
  run(name: string, params: JsonObject, options?: { wait?: boolean }): Promise<AgentCommand>;
}

const MAX_REPLY_BYTES = 16 * 1024 * 1024;
const RETRY_PAUSE_MS = 1000;
/** Looks at a command that is waited for: quick ones are seen at once, slow ones cost little. */
const FIRST_LOOK_MS = 50;
const SLOWEST_LOOK_MS = 6000;
/** `[agent]command_wait_attempts` × `command_wait_interval` of Ironic. */
const COMMAND_WAIT_MS = 600_000;

/** The agent that last sent a heartbeat for the node. @throws StepFailure when none did */
export function agentOf(
  node: NodeRecord,
  deps: { settings: Settings; clock: Clock; lease: Pick<Lease, 'check' | 'signal'> },
): AgentClient {
  const { agent_url, agent_secret_token, agent_verify_ca } = node.driver_internal_info;
  if (typeof agent_url !== 'string')
    throw new StepFailure('No agent is known: the ramdisk has not sent a heartbeat since it was booted.');
  const token = typeof agent_secret_token === 'string' ? agent_secret_token : '';
  const ca = typeof agent_verify_ca === 'string' ? agent_verify_ca : null;
  const { command_timeout, max_command_attempts } = deps.settings.agent;
  const { lease, clock } = deps;

  async function request(method: 'GET' | 'POST', query: string, body: JsonObject | null): Promise<Json> {
    const url = `${agent_url}/v1/commands/?${query}agent_token=${encodeURIComponent(token)}`;
    const dispatcher = httpAgent({
      connect: { timeout: command_timeout * 1000, ...(ca === null ? {} : { ca }) },
      pipelining: 0,
    });
    try {
      const response = await fetch(url, {
        method,
        redirect: 'error',
        signal: AbortSignal.any([lease.signal, AbortSignal.timeout(command_timeout * 1000)]),
        ...(body === null
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        dispatcher,
      } as unknown as RequestInit);
      const reply = parse(await textOf(response));
      if (response.ok) return reply;
      throw new AgentRefused(response.status, reasonOf(reply) ?? `HTTP ${response.status}`);
    } finally {
      await dispatcher.destroy();
    }
  }

  /** Tries again what never reached the agent. A command that may have been received is not sent twice. */
  async function attempt(what: string, call: () => Promise<Json>): Promise<Json> {
    for (let tries = 1; ; tries++) {
      lease.check();
      try {
        return await call();
      } catch (error) {
        lease.check();
        if (error instanceof AgentRefused)
          throw new StepFailure(`The agent refused to ${what}: ${error.message}`, { cause: error });
        if (tries >= max_command_attempts || !neverArrived(error))
          throw new StepFailure(
            `Failed to ${what}: the agent at ${agent_url} cannot be reached (${causeOf(error)}). Check that the ramdisk still runs and that its port is open to the conductor.`,
            { cause: error },
          );
        await clock.sleep(RETRY_PAUSE_MS, lease.signal);
      }
    }
  }

  async function commands(): Promise<AgentCommand[]> {
    const reply = await attempt('read the agent commands', () => request('GET', '', null));
    const list = isObject(reply) ? reply.commands : null;
    return Array.isArray(list) ? list.filter(isObject).map(commandOf) : [];
  }

  /** An agent that still runs an earlier command, perhaps one of a conductor that died, refuses the next with 409. */
  async function whenFree(call: () => Promise<Json>): Promise<Json> {
    const until = clock.monotonic() + COMMAND_WAIT_MS;
    for (;;) {
      try {
        return await call();
      } catch (error) {
        const busy =
          error instanceof StepFailure && error.cause instanceof AgentRefused && error.cause.status === 409;
        if (!busy || clock.monotonic() >= until) throw error;
        await clock.sleep(RETRY_PAUSE_MS, lease.signal);
      }
    }
  }

  async function ended(started: AgentCommand, name: string): Promise<AgentCommand> {
    const until = clock.monotonic() + COMMAND_WAIT_MS;
    let command = started;
    for (let pause_ms = FIRST_LOOK_MS; command.command_status === 'RUNNING'; pause_ms *= 2) {
      if (clock.monotonic() >= until)
        throw new StepFailure(`Agent command ${name} did not end within ${COMMAND_WAIT_MS / 1000} s.`);
      await clock.sleep(Math.min(pause_ms, SLOWEST_LOOK_MS), lease.signal);
      const found = (await commands()).find(({ id }) => id === started.id);
      if (found === undefined)
        throw new StepFailure(`The agent has forgotten ${name}: the server was restarted meanwhile.`);
      command = found;
    }
    return command;
  }

  return {
    commands,
    run: async (name, params, options = {}) => {
      const reply = await whenFree(() =>
        attempt(`run ${name}`, () => request('POST', 'wait=false&', { name, params })),
      );
      if (!isObject(reply))
        throw new StepFailure(`The agent answered ${name} with something else than a command.`);
      const started = commandOf(reply);
      const command = options.wait === true ? await ended(started, name) : started;
      if (command.command_status !== 'SUCCEEDED' && command.command_status !== 'RUNNING')
        throw commandFailure(name, command);
      return command;
    },
  };
}

/** The failure of a command that the agent carried out, with the agent's own words. */
export function commandFailure(name: string, command: AgentCommand): StepFailure {
  return new StepFailure(
    `Agent command ${name} failed: ${reasonOf(command.command_error) ?? 'the agent gave no reason'}. The agent's log has the details.`,
  );
}

/** An HTTP error status of the agent. */
class AgentRefused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'AgentRefused';
    this.status = status;
  }
}

async function textOf(response: Response): Promise<string> {
  try {
    return await readBounded(response, MAX_REPLY_BYTES);
  } catch (error) {
    if (error instanceof BodyTooLarge) throw new AgentRefused(response.status, 'its reply is too large');
    throw error;
  }
}

function parse(text: string): Json {
  if (text === '') return null;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function commandOf(reply: JsonObject): AgentCommand {
  return {
    id: String(reply.id ?? ''),
    command_name: String(reply.command_name ?? ''),
    command_params: isObject(reply.command_params) ? reply.command_params : {},
    command_status: String(reply.command_status ?? ''),
    command_error: reply.command_error ?? null,
    command_result: reply.command_result ?? null,
  };
}

/** `{type, code, message, details}` of a command error, `faultstring` or `message` of an HTTP error. */
function reasonOf(reply: Json): string | null {
  if (typeof reply === 'string') return reply.slice(0, 1000);
  if (!isObject(reply)) return null;
  const parts = [reply.message, reply.details, reply.faultstring, reply.description];
  const texts = parts.filter((part): part is string => typeof part === 'string' && part !== '');
  return texts.length === 0 ? null : [...new Set(texts)].join(': ').slice(0, 1000);
}

/** True when no byte of the request can have reached the agent. */
function neverArrived(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT'].includes(
    code,
  );
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}
