import type { Clock } from '../../lifecycle/clock.ts';
import { type CallOptions, DriverError } from '../contract.ts';
import { Call, CHECK_REACHABLE } from './call.ts';
import { isFlaw } from './codec/flaw.ts';
import type { ResponseMessage } from './codec/message.ts';
import { COMPLETION_CODE } from './codec/status-codes.ts';
import { type Command, PRIVILEGE } from './commands/command.ts';
import { setSessionPrivilegeLevel } from './commands/set-session-privilege-level.ts';
import { CompletionError, completionError } from './completion-error.ts';
import { CIPHER_SUITES } from './crypto/cipher-suites.ts';
import type { Deadline } from './deadlines.ts';
import type { IpmiInfo } from './driver-info.ts';
import type { IpmiOptions } from './driver-options.ts';
import { type Credentials, openSession } from './handshake.ts';
import { NoAnswer, type Session, type Transport } from './session.ts';
import { Turnstile } from './turnstile.ts';
import { type Endpoint, resolveEndpoint } from './udp.ts';

/** A reused session that stays silent for so many sends is taken for forgotten by the BMC, and opened anew. */
const SENDS_BEFORE_REOPEN = 3;
/** Waits between tries of a busy BMC. */
const BUSY_TRIES = 6;
const FIRST_BUSY_WAIT_MS = 50;
const LONGEST_BUSY_WAIT_MS = 2000;
/** Times that a session is begun again because the BMC lost the thread. */
const HANDSHAKES = 4;
/** For the good-bye of a session that nobody uses any more. */
const CLOSE_TIMEOUT_MS = 2000;

/** What all BMCs of a driver share. */
export interface BmcContext {
  transport: Transport;
  clock: Clock;
  options: IpmiOptions;
}

/** One BMC under one set of credentials: its session, and one command at a time. */
export class Bmc {
  /** In errors. */
  readonly name: string;
  readonly info: IpmiInfo;
  readonly #context: BmcContext;
  readonly #credentials: Credentials;
  readonly #turnstile: Turnstile;
  readonly #idle: Deadline;
  #endpoint: Endpoint | null = null;
  #session: Session | null = null;
  /** The one that the BMC took, so that the others are not tried again. */
  #suite: number | null = null;
  #next_command_ms = 0;
  readonly #calls = new Set<Call>();

  /** @param onIdle called when the session was unused for the idle timeout. */
  constructor(info: IpmiInfo, context: BmcContext, onIdle: () => void) {
    this.info = info;
    this.name = info.address.includes(':')
      ? `[${info.address}]:${info.port}`
      : `${info.address}:${info.port}`;
    this.#context = context;
    this.#turnstile = new Turnstile(context.transport.deadlines);
    this.#idle = { due_ms: 0, expire: onIdle };
    this.#credentials = {
      username: Buffer.from(info.username),
      password: Buffer.from(info.password),
      bmc_key: info.hex_kg_key === null ? null : Buffer.from(info.hex_kg_key, 'hex'),
      privilege: info.privilege,
    };
  }

  /**
   * Runs one command; opens a session when there is none.
   * @throws DriverError (CompletionError when the BMC refused the command), or the reason of an abort
   */
  async execute<Request, Response>(
    command: Command<Request, Response>,
    request: Request,
    options: CallOptions,
  ): Promise<Response> {
    using call = new Call(options, this.#context.clock);
    this.#calls.add(call);
    try {
      const turn = this.#turnstile.enter(call);
      if (turn !== true && !(await turn)) throw call.overdue(this.name, 'other commands to this BMC');
      try {
        return await this.#run(command, request, call);
      } catch (error) {
        throw this.#named(error, call, command.name);
      } finally {
        this.#turnstile.leave();
      }
    } finally {
      this.#calls.delete(call);
    }
  }

  /** True when it has a session or is at work. */
  get open(): boolean {
    return this.#session !== null || !this.#turnstile.idle;
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
    const reason = new DriverError('unreachable', `${this.name}: the connection was closed during the call.`);
    for (const each of this.#calls) each.end(reason);
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

  async #run<Request, Response>(
    command: Command<Request, Response>,
    request: Request,
    call: Call,
  ): Promise<Response> {
    let wait_ms = FIRST_BUSY_WAIT_MS;
    for (let tries = 1; ; tries++) {
      try {
        return this.#decode(command, await this.#ask(command, request, call));
      } catch (error) {
        if (!(error instanceof CompletionError) || error.code !== 'busy') throw error;
        if (tries >= BUSY_TRIES || call.remaining_ms <= wait_ms) throw error;
      }
      await call.sleep(wait_ms);
      wait_ms = Math.min(wait_ms * 2, LONGEST_BUSY_WAIT_MS);
    }
  }

  #decode<Request, Response>(command: Command<Request, Response>, response: ResponseMessage): Response {
    if (response.completion_code !== COMPLETION_CODE.ok)
      throw completionError(this.name, command, response.completion_code);
    const decoded = command.decodeResponse(response.data);
    if (isFlaw(decoded))
      throw new DriverError(
        'rejected',
        `${this.name}: the BMC's answer to ${command.name} makes no sense (${decoded}).`,
      );
    return decoded;
  }

  /** The response of the BMC: on the session that is there, or else on a new one. */
  async #ask<Request, Response>(
    command: Command<Request, Response>,
    request: Request,
    call: Call,
  ): Promise<ResponseMessage> {
    const sends = this.#context.options.command_retries + 1;
    const kept = this.#session;
    if (kept?.used === true && !kept.exhausted) {
      try {
        return await this.#askSession(kept, command, request, call, Math.min(sends, SENDS_BEFORE_REOPEN));
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        if (error.at_deadline || command.once === true) throw error;
      }
    }
    this.#session?.abandon();
    this.#session = null;
    return this.#askSession(await this.#open(call), command, request, call, sends);
  }

  async #askSession<Request, Response>(
    session: Session,
    command: Command<Request, Response>,
    request: Request,
    call: Call,
    sends: number,
  ): Promise<ResponseMessage> {
    // USER is what sessions begin with, and enough for all that is asked often.
    if (command.privilege !== null && command.privilege > session.privilege)
      await this.#raise(session, call, sends);
    await this.#pace(call);
    const response = await session.request(command, request, call, sends);
    if (
      response.completion_code !== COMPLETION_CODE.insufficientPrivilege ||
      session.privilege >= this.#credentials.privilege ||
      session.raised
    )
      return response;
    // Some BMCs begin sessions below USER.
    await this.#raise(session, call, sends);
    return session.request(command, request, call, sends);
  }

  /** To the level that the node's driver_info asks for. */
  async #raise(session: Session, call: Call, sends: number): Promise<void> {
    const { privilege } = this.#credentials;
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

  async #open(call: Call): Promise<Session> {
    const { transport, options } = this.#context;
    this.#endpoint ??= await this.#resolve(call);
    const candidates = this.#candidates();
    let wait_ms = FIRST_BUSY_WAIT_MS;
    let wrong_proofs = 0;
    for (let tries = 1; ; tries++) {
      const suite = candidates[0];
      if (suite === undefined)
        throw new DriverError(
          'unsupported',
          `${this.name}: the BMC does none of the cipher suites wished (${this.#wished().join(', ')}). Enable 17 or 3 on it, or set ipmi_cipher_suite.`,
        );
      const handshake = await openSession(
        transport,
        this.#endpoint,
        this.#credentials,
        suite,
        call,
        options.command_retries + 1,
        this.name,
      );
      if ('session' in handshake) {
        this.#session = handshake.session;
        this.#suite = suite.id;
        return handshake.session;
      }
      if (handshake.refused === 'suite') {
        candidates.shift();
        this.#suite = null;
      } else if (handshake.refused === 'proof') {
        wrong_proofs += 1;
        if (wrong_proofs >= 2)
          throw new DriverError(
            'unauthorized',
            `${this.name}: the BMC proves another BMC key (K_G) than the one given. Check ipmi_hex_kg_key.`,
          );
      } else if (tries >= HANDSHAKES) {
        throw handshake.refused === 'full'
          ? new DriverError(
              'busy',
              `${this.name}: the BMC has no free session. Close other sessions on it, or wait until they expire.`,
            )
          : new DriverError(
              'unauthorized',
              `${this.name}: the BMC refuses to finish the log-in. Check ipmi_username, ipmi_password and ipmi_hex_kg_key.`,
            );
      } else {
        await call.sleep(wait_ms);
        wait_ms *= 2;
      }
    }
  }

  /** DNS has no bound of its own: the call's deadline and abort end the wait. */
  #resolve(call: Call): Promise<Endpoint> {
    const { deadlines } = this.#context.transport;
    return new Promise((resolve, reject) => {
      call.throwIfEnded();
      const overdue: Deadline = {
        due_ms: call.deadline_ms,
        expire: () => fail(this.#unresolved('no answer by the deadline')),
      };
      const end = (): void => {
        deadlines.delete(overdue);
        call.cancel = null;
      };
      const fail = (reason: unknown): void => {
        end();
        reject(reason);
      };
      call.cancel = fail;
      deadlines.add(overdue);
      resolveEndpoint(this.info.address, this.info.port).then(
        (endpoint) => {
          end();
          resolve(endpoint);
        },
        (error: unknown) => fail(this.#unresolved(codeOf(error))),
      );
    });
  }

  #unresolved(why: string): DriverError {
    return new DriverError(
      'unreachable',
      `${this.name}: the name cannot be resolved (${why}). Check ipmi_address and the name service.`,
    );
  }

  #wished(): readonly (string | number)[] {
    const { cipher_suite } = this.info;
    return cipher_suite === null ? this.#context.options.cipher_suite_versions : [cipher_suite];
  }

  #candidates() {
    const suites = this.#wished().flatMap((id) => CIPHER_SUITES[Number(id)] ?? []);
    return suites.sort((left, right) => Number(right.id === this.#suite) - Number(left.id === this.#suite));
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
    // A name may have moved.
    this.#endpoint = null;
    return new DriverError(
      'unreachable',
      `${this.name}: no answer from the BMC to ${error.sends} datagrams in a row. ${CHECK_REACHABLE}`,
    );
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no such name';
}
