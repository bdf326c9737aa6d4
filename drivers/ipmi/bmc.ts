import { type CallOptions, DriverError } from '../contract.ts';
import type { Route } from './bridge.ts';
import { Call, CHECK_REACHABLE } from './call.ts';
import { isFlaw } from './codec/flaw.ts';
import type { ResponseMessage } from './codec/message.ts';
import { COMPLETION_CODE } from './codec/status-codes.ts';
import { type Command, PRIVILEGE } from './commands/command.ts';
import { sendMessage } from './commands/send-message.ts';
import { setSessionPrivilegeLevel } from './commands/set-session-privilege-level.ts';
import { CompletionError, completionError } from './completion-error.ts';
import type { Deadline } from './deadlines.ts';
import type { IpmiInfo } from './driver-info.ts';
import type { BmcContext } from './driver-options.ts';
import { Login } from './login.ts';
import { NoAnswer, type Session } from './session.ts';
import type { Turnstile } from './turnstile.ts';

/** A reused session that stays silent for so many sends is taken for forgotten by the BMC, and opened anew. */
const SENDS_BEFORE_REOPEN = 3;
/** Waits between tries of a busy BMC. */
const BUSY_TRIES = 6;
const FIRST_BUSY_WAIT_MS = 50;
const LONGEST_BUSY_WAIT_MS = 2000;
/** For the good-bye of a session that nobody uses any more. */
const CLOSE_TIMEOUT_MS = 2000;
/** BMCs let operators hand on anything, users a few questions. IPMI v2.0 appendix G */
const SEND_MESSAGE_LEVEL = PRIVILEGE.operator;
/** How long a BMC that answered is taken to be there. */
const THERE_MS = 60_000;

interface Order<Request, Response> {
  command: Command<Request, Response>;
  request: Request;
  route: Route | null;
}

/** One BMC under one set of credentials: its session, and one command at a time. */
export class Bmc {
  /** In errors. */
  readonly name: string;
  /** Whose log-in it has. */
  readonly info: IpmiInfo;
  readonly #context: BmcContext;
  readonly #login: Login;
  readonly #turnstile: Turnstile;
  readonly #idle: Deadline;
  #session: Session | null = null;
  #next_command_ms = 0;
  /** When it last answered a command. */
  #heard_ms = Number.NEGATIVE_INFINITY;
  readonly #calls = new Set<Call>();

  /** @param turnstile of the BMC, whoever logs in @param onIdle called when the session was unused for the idle timeout. */
  constructor(info: IpmiInfo, context: BmcContext, turnstile: Turnstile, onIdle: () => void) {
    this.info = info;
    this.name = info.address.includes(':')
      ? `[${info.address}]:${info.port}`
      : `${info.address}:${info.port}`;
    this.#context = context;
    this.#turnstile = turnstile;
    this.#idle = { due_ms: 0, expire: onIdle };
    this.#login = new Login(this.name, info, context);
  }

  /**
   * Runs one command; opens a session when there is none.
   * @param route to a controller behind the BMC; null: the BMC itself
   * @throws DriverError (CompletionError when the BMC refused the command), or the reason of an abort
   */
  async execute<Request, Response>(
    command: Command<Request, Response>,
    request: Request,
    options: CallOptions,
    route: Route | null = null,
  ): Promise<Response> {
    using call = new Call(options, this.#context.clock);
    this.#calls.add(call);
    try {
      const turn = this.#turnstile.enter(call);
      if (turn !== true && !(await turn)) throw call.overdue(this.name, 'other commands to this BMC');
      try {
        return await this.#run({ command, request, route }, call);
      } catch (error) {
        throw this.#named(error, call, command.name);
      } finally {
        this.#turnstile.leave();
      }
    } finally {
      this.#calls.delete(call);
    }
  }

  /** The session of its last command, for what is no command. */
  get session(): Session | null {
    return this.#session;
  }

  /** True when it has a session or is at work. */
  get open(): boolean {
    return this.#session !== null || this.#calls.size > 0;
  }

  /** Starts to count the idle time; 0 seconds end at once in `onIdle`. */
  rest(idle_ms: number): void {
    const { deadlines, now } = this.#context.transport;
    this.#idle.due_ms = now() + idle_ms;
    deadlines.add(this.#idle);
  }

  /** Somebody uses it (again). */
  wake(): void {
    this.#context.transport.deadlines.delete(this.#idle);
  }

  /** Ends calls that are under way, then the session, with a word to the BMC. Does not throw. */
  async close(): Promise<void> {
    this.wake();
    // Made only when it is needed: an error with its stack costs as much as a datagram.
    for (const each of this.#calls)
      each.end(new DriverError('unreachable', `${this.name}: the connection was closed during the call.`));
    using call = new Call({ timeout_ms: CLOSE_TIMEOUT_MS }, this.#context.clock);
    const turn = this.#turnstile.enter(call);
    if (turn !== true && !(await turn)) return;
    try {
      const session = this.#session;
      this.#session = null;
      await session?.close(call);
    } finally {
      this.#turnstile.leave();
    }
  }

  async #run<Request, Response>(order: Order<Request, Response>, call: Call): Promise<Response> {
    let wait_ms = FIRST_BUSY_WAIT_MS;
    for (let tries = 1; ; tries++) {
      try {
        return this.#decode(order.command, await this.#ask(order, call));
      } catch (error) {
        if (!(error instanceof CompletionError) || error.code !== 'busy') throw error;
        if (tries >= BUSY_TRIES || call.remaining_ms <= wait_ms) throw error;
      }
      await call.sleep(wait_ms);
      wait_ms = Math.min(wait_ms * 2, LONGEST_BUSY_WAIT_MS);
    }
  }

  #decode<Request, Response>(command: Command<Request, Response>, response: ResponseMessage): Response {
    const { completion_code, cmd, data } = response;
    if (completion_code !== COMPLETION_CODE.ok)
      throw cmd === command.cmd
        ? completionError(this.name, command, completion_code)
        : notHandedOn(this.name, completion_code);
    const decoded = command.decodeResponse(data);
    if (isFlaw(decoded))
      throw new DriverError(
        'rejected',
        `${this.name}: the BMC's answer to ${command.name} makes no sense (${decoded}).`,
      );
    return decoded;
  }

  /** The response of the BMC: on the session that is there, or else on a new one. */
  async #ask<Request, Response>(order: Order<Request, Response>, call: Call): Promise<ResponseMessage> {
    const sends = this.#context.options.command_retries + 1;
    const once = order.command.once === true;
    const kept = this.#session;
    if (kept?.used === true && !kept.exhausted) {
      try {
        return await this.#askSession(kept, order, call, Math.min(sends, SENDS_BEFORE_REOPEN));
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        if (error.at_deadline || once) throw error;
      }
    }
    for (;;) {
      this.#session?.abandon();
      this.#session = null;
      let sent = false;
      try {
        this.#session = await this.#login.open(call);
        sent = true;
        return await this.#askSession(this.#session, order, call, sends);
      } catch (error) {
        if (!(error instanceof NoAnswer) || error.at_deadline || (sent && once)) throw error;
        if (!this.#isThere(call)) throw error;
      }
    }
  }

  /** A BMC that answered a moment ago is there: what gets lost on the way to it is sent again while the call has time. */
  #isThere(call: Call): boolean {
    return call.heard || this.#context.transport.now() - this.#heard_ms < THERE_MS;
  }

  async #askSession<Request, Response>(
    session: Session,
    { command, request, route }: Order<Request, Response>,
    call: Call,
    sends: number,
  ): Promise<ResponseMessage> {
    const needed = Math.max(command.privilege ?? 0, route === null ? 0 : SEND_MESSAGE_LEVEL);
    // USER is what sessions begin with, and enough for all that is asked often.
    if (needed > session.privilege) await this.#raise(session, call, sends);
    await this.#pace(call);
    const response = await session.request(command, request, call, sends, route);
    this.#heard_ms = this.#context.transport.now();
    if (
      response.completion_code !== COMPLETION_CODE.insufficientPrivilege ||
      session.privilege >= this.info.privilege ||
      session.raised
    )
      return response;
    // Some BMCs begin sessions below USER.
    await this.#raise(session, call, sends);
    return session.request(command, request, call, sends, route);
  }

  /** To the level that the node's driver_info asks for. */
  async #raise(session: Session, call: Call, sends: number): Promise<void> {
    const { privilege } = this.info;
    if (session.raised || privilege < PRIVILEGE.user) return;
    await this.#pace(call);
    const response = await session.request(setSessionPrivilegeLevel, { privilege }, call, sends);
    if (response.completion_code !== COMPLETION_CODE.ok) {
      const error = completionError(this.name, setSessionPrivilegeLevel, response.completion_code);
      if (error.code === 'busy') throw error;
      throw new DriverError(
        'unauthorized',
        `${error.message} Check ipmi_priv_level and the user's rights on the BMC.`,
      );
    }
    session.raised = true;
    session.privilege = privilege;
  }

  async #pace(call: Call): Promise<void> {
    const { min_command_interval } = this.#context.options;
    if (min_command_interval === 0) return;
    const { now } = this.#context.transport;
    if (this.#next_command_ms > now()) await call.sleep(this.#next_command_ms - now());
    this.#next_command_ms = now() + min_command_interval;
  }

  #named(error: unknown, call: Call, command: string): unknown {
    if (!(error instanceof NoAnswer)) return error;
    if (error.at_deadline) return call.overdue(this.name, command);
    this.#login.forgetEndpoint();
    return new DriverError(
      'unreachable',
      `${this.name}: no answer from the BMC to ${error.sends} datagrams in a row. ${CHECK_REACHABLE}`,
    );
  }
}

/** The BMC is there, and the controller behind it is not. */
function notHandedOn(name: string, completion_code: number): DriverError {
  const { message, code } = completionError(name, sendMessage, completion_code);
  if (code === 'busy') return new CompletionError(code, completion_code, message);
  return new DriverError(
    'unreachable',
    `${message} Check ipmi_bridging, ipmi_target_channel, ipmi_target_address, and with dual bridging ipmi_transit_channel and ipmi_transit_address.`,
  );
}
