import type { Duplex } from 'node:stream';
import type { BmcTask, CallOptions, DriverContext, TaskStatus } from '../contract.ts';
import { DriverError } from '../contract.ts';
import type { Call } from './call.ts';
import type { RedfishInfo } from './driver-info.ts';
import type { RedfishOptions } from './driver-options.ts';
import type { HttpReply } from './http.ts';
import { extendedMessage } from './message.ts';
import type { PushBody } from './multipart.ts';
import { isObject, type Resource, textIn } from './resources.ts';
import { isSuccess, RedfishSession, ROOT } from './session.ts';
import { handleOf, taskLinkOf, taskStatusOf } from './task.ts';

const FIRST_LOOK_MS = 100;
const LONGEST_LOOK_MS = 5000;

/** A Redfish service: reading, changing and acting there. One request at a time. */
export class RedfishClient {
  readonly name: string;
  /** The user that it logs in as; empty: none. */
  readonly username: string;
  /** The name or address that the BMC is reached by. */
  readonly hostname: string;
  /** The only system of the BMC, once it was found. */
  only_system: string | null = null;
  readonly #session: RedfishSession;

  /** @param ca PEM of the CAs that the BMC's certificate is checked with; null: the system's */
  constructor(info: RedfishInfo, ca: string | null, context: DriverContext, options: RedfishOptions) {
    this.#session = new RedfishSession(info, ca, context, options);
    this.name = this.#session.name;
    this.username = info.username;
    this.hostname = new URL(info.origin).hostname;
  }

  /** Does `work`, of any number of requests, within the bounds of one call. @throws DriverError */
  within<T>(options: CallOptions, work: (call: Call) => Promise<T>): Promise<T> {
    return this.#session.within(options, work);
  }

  /** Reads the resource that a link leads to. @throws DriverError */
  async get(call: Call, link: string): Promise<Resource> {
    const path = this.#session.pathOf(link);
    const reply = await this.#session.request('GET', path, {}, call);
    if (reply.status !== 200) throw this.#session.refusal(`GET ${path}`, reply);
    if (!isObject(reply.body))
      throw new DriverError('rejected', `${this.name}: ${path} is no resource of a Redfish service.`);
    const etag = reply.headers.get('etag') ?? textIn(reply.body, '@odata.etag');
    return { path, etag, bmc: this.name, body: reply.body };
  }

  root(call: Call): Promise<Resource> {
    return this.get(call, ROOT);
  }

  /** Changes properties of a resource as it was read, to the end of its task if it becomes one. @throws DriverError */
  async patch(
    call: Call,
    resource: Pick<Resource, 'path' | 'etag'>,
    body: object,
    how: { repeatable?: true } = {},
  ): Promise<void> {
    await this.#toTheEnd(`PATCH ${resource.path}`, await this.beginPatch(call, resource, body, how), call);
  }

  /** Carries an action out, to the end of its task if it becomes one. @throws DriverError */
  async post(call: Call, link: string, body: object): Promise<void> {
    await this.#toTheEnd(`POST ${link}`, await this.beginPost(call, link, body), call);
  }

  /** Carries an action out that is answered with what was asked for. @throws DriverError */
  async ask(call: Call, link: string, body: object): Promise<Record<string, unknown>> {
    const path = this.#session.pathOf(link);
    const reply = await this.#session.request('POST', path, { body }, call);
    if (!isSuccess(reply)) throw this.#session.refusal(`POST ${path}`, reply);
    return isObject(reply.body) ? reply.body : {};
  }

  /** Deletes a resource, to the end of its task if it becomes one. One that is gone is no error. @throws DriverError */
  async delete(call: Call, link: string): Promise<void> {
    await this.#toTheEnd(`DELETE ${link}`, await this.beginDelete(call, link), call);
  }

  /**
   * Changes properties of a resource as it was read. On 412 it is read once more; a BMC that then still refuses its own ETag is
   * asked with the strong form of a weak one, and at last without one, as gofish and sushy do. One that wants some ETag and has
   * told none (428, AMI's PreconditionHeaderMissing) gets `*`.
   *
   * @param how.repeatable true: it may be made twice, and is when the answer is lost
   * @throws DriverError
   */
  async beginPatch(
    call: Call,
    { path, etag }: Pick<Resource, 'path' | 'etag'>,
    body: object,
    how: { repeatable?: true } = {},
  ): Promise<BmcTask> {
    const ask = (if_match: string | null) =>
      this.#session.request('PATCH', path, { body, if_match, ...how }, call);
    let reply = await ask(etag);
    if (etag !== null && reply.status === 412) {
      const fresh = (await this.get(call, path)).etag;
      const strong = fresh?.replace(/^W\//, '') ?? null;
      for (const if_match of new Set([fresh, strong, null])) {
        reply = await ask(if_match);
        if (reply.status !== 412 && !wantsPrecondition(reply)) break;
      }
    }
    if (wantsPrecondition(reply)) reply = await ask('*');
    return this.#begun(`PATCH ${path}`, reply);
  }

  /** Asks for an action, or for a new member of a collection. @throws DriverError */
  async beginPost(call: Call, link: string, body: object): Promise<BmcTask> {
    const path = this.#session.pathOf(link);
    return this.#begun(`POST ${path}`, await this.#session.request('POST', path, { body }, call));
  }

  /** Sends an image to where the BMC takes pushes. @throws DriverError */
  async beginPush(call: Call, link: string, body: PushBody): Promise<BmcTask> {
    const path = this.#session.pathOf(link);
    return this.#begun(`POST ${path}`, await this.#session.push(path, body, call));
  }

  /** @throws DriverError; not for a resource that is gone */
  async beginDelete(call: Call, link: string, body?: object): Promise<BmcTask> {
    const path = this.#session.pathOf(link);
    const reply = await this.#session.request('DELETE', path, body === undefined ? {} : { body }, call);
    return reply.status === 404 ? null : this.#begun(`DELETE ${path}`, reply);
  }

  /** Opens a WebSocket, which goes on after the call for as long as the session is there. @throws DriverError */
  webSocket(call: Call, path: string): Promise<Duplex> {
    return this.#session.webSocket(this.#session.pathOf(path), call);
  }

  /** How far the work of a handle is. @throws DriverError where the answer says nothing of it */
  async readTask(call: Call, task: string): Promise<TaskStatus> {
    const { path, needs_boot } = handleOf(task);
    const status: TaskStatus =
      path === ''
        ? { state: 'vanished', message: null, percent: null }
        : (await this.#lookAt(call, path)).status;
    return needs_boot ? { ...status, needs_boot } : status;
  }

  /** A line in the log about something that was not done quite as asked. */
  warn(message: string): void {
    this.#session.warn(message);
  }

  /** True while a session is kept on the BMC. */
  get open(): boolean {
    return this.#session.open;
  }

  /** Deletes the session and closes the connection. Never fails. */
  close(): Promise<void> {
    return this.#session.close();
  }

  /** The handle of what a reply says goes on; null: it has ended, or there is nothing to watch. */
  #begun(what: string, reply: HttpReply): BmcTask {
    if (!isSuccess(reply)) throw this.#session.refusal(what, reply);
    const link = reply.status === 202 ? taskLinkOf(reply) : null;
    // Some BMCs tell a full URL, with a name that is theirs only: the path is what counts.
    return link === null ? null : this.#session.ownPath(link);
  }

  /** Asynchronous operations, DSP0266 12.2. A task that is gone has ended: the caller looks at the result. */
  async #toTheEnd(what: string, task: BmcTask, call: Call): Promise<void> {
    if (task === null) return;
    const { purpose } = call;
    call.purpose = { code: 'timeout', what: `The BMC's task for ${what} did not end.` };
    try {
      let told_ms: number | null = null;
      for (let wait_ms = FIRST_LOOK_MS; ; wait_ms = Math.min(wait_ms * 2, LONGEST_LOOK_MS)) {
        await call.sleep(told_ms ?? wait_ms);
        const { status, retry_after_ms } = await this.#lookAt(call, task);
        if (status.state === 'failed')
          throw new DriverError(
            'rejected',
            `${this.name}: The task of ${what} failed: ${status.message ?? ''}`,
          );
        if (status.state !== 'running') return;
        told_ms = retry_after_ms;
      }
    } finally {
      call.purpose = purpose;
    }
  }

  async #lookAt(call: Call, task: string): Promise<{ status: TaskStatus; retry_after_ms: number | null }> {
    const path = this.#session.pathOf(task);
    const reply = await this.#session.request('GET', path, {}, call);
    const status = taskStatusOf(reply, this.#session.secrets());
    if (status === null) throw this.#session.refusal(`GET ${path}`, reply);
    return { status, retry_after_ms: this.#session.retryAfter(reply) };
  }
}

function wantsPrecondition({ status, body }: HttpReply): boolean {
  return status === 428 || extendedMessage(body).message_id.endsWith('.PreconditionHeaderMissing');
}
