import type { Agent } from 'undici';
import type { Clock } from '../../lifecycle/clock.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { parseBoundedJson } from '../../net/bounded-json.ts';
import { type ConnectionTrouble, connectionTrouble } from '../../net/connection-trouble.ts';
import { httpAgent } from '../../net/http-agent.ts';
import { BodyTooLarge, readBounded } from '../../net/read-bounded.ts';
import { type CallOptions, DriverError } from '../contract.ts';
import type { BampiInfo } from './driver-info.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const BUSY_PAUSE_MS = 200;
/** Of what may be asked twice, when the connection breaks. */
const MOST_ATTEMPTS = 3;

/** The connection broke before there was an answer: BAMPI may have got the request. */
export class AnswerLost extends DriverError {}

/** JSON over HTTP with Basic authentication to one BAMPI: bounded answers, no redirects, a deadline for each call. */
export class BampiHttp implements AsyncDisposable {
  readonly #info: BampiInfo;
  readonly #clock: Clock;
  readonly #agent: Agent;

  /** @param ca PEM of the CAs that BAMPI's certificate is checked with; null: the system's */
  constructor(info: BampiInfo, ca: string | null, clock: Clock) {
    this.#info = info;
    this.#clock = clock;
    this.#agent = httpAgent({
      ...{ connections: 2, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 },
      connect: { rejectUnauthorized: info.verify_ca !== false, ...(ca === null ? {} : { ca }) },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  /**
   * The answer's JSON; null: 404. A BAMPI that is busy (503) is asked again until the deadline; what is only read, also when the
   * connection breaks. @throws DriverError, AnswerLost
   */
  async ask(
    method: 'GET' | 'PUT' | 'POST',
    path: string,
    options: CallOptions,
    body?: JsonObject,
  ): Promise<Json> {
    options.signal?.throwIfAborted();
    const until_ms = this.#clock.monotonic() + options.timeout_ms;
    for (let attempt = 1; ; ) {
      let answer: { status: number; text: string };
      try {
        answer = await this.#send(method, path, options, body, until_ms);
      } catch (error) {
        if (method !== 'GET' || !(error instanceof AnswerLost) || attempt === MOST_ATTEMPTS) throw error;
        attempt += 1;
        continue;
      }
      const { status, text } = answer;
      if (status === 401 || status === 403)
        throw new DriverError('unauthorized', 'BAMPI refuses the user name or the password.');
      if (status === 404) return null;
      if (status === 503) {
        if (this.#clock.monotonic() + BUSY_PAUSE_MS >= until_ms)
          throw new DriverError('busy', `BAMPI is busy: it answers ${method} ${path} with 503.`);
        await this.#clock.sleep(BUSY_PAUSE_MS, options.signal);
        continue;
      }
      if (status >= 300 && status < 400)
        throw new DriverError('rejected', `BAMPI redirects ${method} ${path}, which is refused.`);
      if (status < 200 || status > 299)
        throw new DriverError('rejected', `BAMPI answers ${method} ${path} with the status ${status}.`);
      try {
        return text.trim() === '' ? {} : (parseBoundedJson(text) as Json);
      } catch {
        throw new DriverError('rejected', `BAMPI's answer to ${method} ${path} is no JSON of BAMPI.`);
      }
    }
  }

  async #send(
    method: string,
    path: string,
    options: CallOptions,
    body: JsonObject | undefined,
    until_ms: number,
  ): Promise<{ status: number; text: string }> {
    const { origin, base_path, username, password } = this.#info;
    const deadline = AbortSignal.timeout(Math.max(1, Math.ceil(until_ms - this.#clock.monotonic())));
    const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
    const request = {
      method,
      signal,
      redirect: 'manual',
      dispatcher: this.#agent,
      headers: {
        accept: 'application/json',
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    } as unknown as RequestInit;
    try {
      const response = await fetch(origin + base_path + path, request);
      return { status: response.status, text: await readBounded(response, MAX_BODY_BYTES) };
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof BodyTooLarge) throw new DriverError('rejected', error.message);
      const { host } = new URL(origin);
      if (deadline.aborted) throw new DriverError('unreachable', `BAMPI at ${host} did not answer in time.`);
      const trouble = connectionTrouble(error);
      const words = wordsOf(trouble, host);
      throw trouble.sent ? new AnswerLost('unreachable', words) : new DriverError('unreachable', words);
    }
  }
}

function wordsOf({ kind, code }: ConnectionTrouble, host: string): string {
  return {
    certificate: `The certificate of BAMPI at ${host} is refused (${code}). Set bampi_verify_ca to the file of the CA that signed it.`,
    name: `The name of BAMPI cannot be resolved (${code}). Check bampi_address and the name service.`,
    connection: `BAMPI cannot be reached at ${host} (${code}). Check bampi_address and the network.`,
  }[kind];
}
