import type { Clock } from '../../lifecycle/clock.ts';
import { isObject, type Json, type JsonObject } from '../../lifecycle/json.ts';
import { type CallOptions, DriverError, type TaskStatus } from '../contract.ts';
import type { BampiInfo } from './driver-info.ts';
import { AnswerLost, type BampiHttp } from './http.ts';

/** Task types of BAMPI that a public client shows. */
export type TaskType = 'change_boot_mode' | 'restore_os' | 'configure_raid' | 'disposable_os_run_script';

const FIRST_PAUSE_MS = 100;
/** Clients look at their tasks every 5 s. */
const MOST_PAUSE_MS = 5000;
const FLAP_PAUSE_MS = 100;
const MOST_READS = 6;
const MOST_ATTEMPTS = 3;

/** One server at BAMPI. */
export class BampiClient {
  readonly #http: BampiHttp;
  readonly #info: BampiInfo;
  readonly #clock: Clock;
  #hostname: string | null = null;

  constructor(http: BampiHttp, info: BampiInfo, clock: Clock) {
    this.#http = http;
    this.#info = info;
    this.#clock = clock;
  }

  /** The server's name in BAMPI's own case, in which it wants it back. @throws DriverError `rejected`: no such server */
  async hostname(options: CallOptions): Promise<string> {
    if (this.#hostname !== null) return this.#hostname;
    const servers = await this.#http.ask('GET', '/servers', options);
    const wished = this.#info.hostname.toLowerCase();
    const found = listOf(servers)
      .map((server) => server.hostname)
      .find((name): name is string => typeof name === 'string' && name.toLowerCase() === wished);
    if (found === undefined)
      throw new DriverError('rejected', 'BAMPI has no server of this name. Check bampi_hostname.');
    this.#hostname = found;
    return found;
  }

  /** Reads flap, and may be `unknown`: only `on`, or `off` twice in a row, is believed. */
  async power(options: CallOptions): Promise<'on' | 'off'> {
    let offs = 0;
    for (let reads = 0; reads < MOST_READS; reads++) {
      const answer = await this.#ofServer('GET', 'powerStatus', options);
      const status = isObject(answer) ? answer.status : null;
      if (status === 'on') return 'on';
      offs = status === 'off' ? offs + 1 : 0;
      if (offs === 2) return 'off';
      if (status !== 'off') await this.#clock.sleep(FLAP_PAUSE_MS, options.signal);
    }
    throw new DriverError('busy', 'BAMPI does not know the power state of the server.');
  }

  /** An answer that is lost is no failure when the server is as it should be; what may be sent twice is. */
  async setPower(status: 'on' | 'off' | 'reset' | 'cycle', options: CallOptions): Promise<void> {
    for (let attempt = 1; ; attempt += 1)
      try {
        await this.#ofServer('PUT', 'powerStatus', options, { status });
        return;
      } catch (error) {
        const ensures = status === 'on' || status === 'off';
        if (!(error instanceof AnswerLost) || !ensures || attempt === MOST_ATTEMPTS) throw error;
        if ((await this.power(options)) === status) return;
      }
  }

  /** @throws DriverError `rejected`: an answer without an id is a refusal */
  async startTask(
    taskType: TaskType,
    taskProfile: string,
    options: CallOptions,
    argument?: string,
  ): Promise<string> {
    const hostname = await this.hostname(options);
    const answer = await this.#http.ask('POST', '/tasks', options, {
      ...{ taskType, taskProfile, hostname },
      ...(argument === undefined ? {} : { options: argument }),
    });
    const id = isObject(answer) ? answer.id : undefined;
    if (typeof id !== 'string' && typeof id !== 'number')
      throw new DriverError('rejected', `BAMPI refuses the task ${taskType} ${taskProfile}.`);
    return String(id);
  }

  /** A task that BAMPI does not know any more is `vanished`. The message of a failed one is its log. */
  async task(id: string, options: CallOptions): Promise<TaskStatus> {
    const answer = await this.#http.ask('GET', `/tasks/${encodeURIComponent(id)}`, options);
    if (answer === null) return { state: 'vanished', message: null, percent: null };
    const status = isObject(answer) ? answer.status : null;
    if (typeof status !== 'string')
      throw new DriverError('rejected', `BAMPI does not say how far the task ${id} is.`);
    if (status === 'Success') return { state: 'done', message: null, percent: 100 };
    if (status !== 'Error') return { state: 'running', message: null, percent: null };
    return { state: 'failed', message: await this.log(id, options), percent: null };
  }

  /** A task's log; its line ends are written as `\n`. null: there is none. */
  async log(id: string, options: CallOptions): Promise<string | null> {
    const answer = await this.#http.ask('GET', `/tasks/${encodeURIComponent(id)}/log`, options);
    const log = isObject(answer) ? answer.log : null;
    return typeof log === 'string' ? log.replaceAll('\\n', '\n').slice(0, MAX_LOG) : null;
  }

  /** Newest last. */
  async history(options: CallOptions): Promise<JsonObject[]> {
    const hostname = await this.hostname(options);
    return listOf(await this.#http.ask('GET', `/tasks?hostname=${encodeURIComponent(hostname)}`, options));
  }

  /** The task of this type and profile that runs now; null: there is none. */
  async running(taskType: TaskType, taskProfile: string, options: CallOptions): Promise<string | null> {
    const alike = (await this.history(options)).filter(
      (task) => task.taskType === taskType && task.taskProfile === taskProfile,
    );
    const last = alike.at(-1);
    const ended = last === undefined || last.status === 'Success' || last.status === 'Error';
    return ended ? null : String(last.id);
  }

  /**
   * Starts a task, or takes up one alike that runs, and waits for its end within the call.
   * @throws DriverError `timeout`: it runs on, and the next call takes it up
   */
  async runTask(taskType: TaskType, taskProfile: string, options: CallOptions): Promise<void> {
    const until_ms = this.#clock.monotonic() + options.timeout_ms;
    const running = await this.running(taskType, taskProfile, options);
    const id = running ?? (await this.#startOnce(taskType, taskProfile, options));
    for (let pause_ms = FIRST_PAUSE_MS; ; pause_ms = Math.min(pause_ms * 2, MOST_PAUSE_MS)) {
      const { state, message } = await this.task(id, options);
      if (state === 'done') return;
      if (state !== 'running')
        throw new DriverError(
          'rejected',
          `BAMPI's task ${taskType} ${taskProfile} ${state === 'failed' ? 'failed' : 'vanished'}${message === null ? '.' : `: ${message}`}`,
        );
      if (this.#clock.monotonic() + pause_ms >= until_ms)
        throw new DriverError('timeout', `BAMPI's task ${taskType} ${taskProfile} has not ended in time.`);
      await this.#clock.sleep(pause_ms, options.signal);
    }
  }

  /** Whether it was started is seen in the history when the answer is lost. */
  async #startOnce(taskType: TaskType, taskProfile: string, options: CallOptions): Promise<string> {
    for (let attempt = 1; ; attempt += 1)
      try {
        return await this.startTask(taskType, taskProfile, options);
      } catch (error) {
        if (!(error instanceof AnswerLost)) throw error;
        const running = await this.running(taskType, taskProfile, options);
        if (running !== null) return running;
        if (attempt === MOST_ATTEMPTS) throw error;
      }
  }

  async #ofServer(
    method: 'GET' | 'PUT',
    what: string,
    options: CallOptions,
    body?: JsonObject,
  ): Promise<Json> {
    const hostname = await this.hostname(options);
    const answer = await this.#http.ask(
      method,
      `/servers/${encodeURIComponent(hostname)}/${what}`,
      options,
      body,
    );
    if (answer === null) throw new DriverError('rejected', 'BAMPI does not know the server any more.');
    return answer;
  }
}

const MAX_LOG = 2000;

function listOf(value: Json): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
