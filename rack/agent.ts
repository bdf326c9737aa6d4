import { AgentApi } from './agent-api.ts';
import type { AgentHost } from './agent-host.ts';
import { isObject } from './agent-image.ts';
import { inspectionDataOf } from './agent-inventory.ts';
import { selfSignedCertificate } from './certificate.ts';
import { HttpClient, type HttpReply } from './http-client.ts';

/** Microversions that the real agent asks for (ironic_python_agent/ironic_api_client.py). */
const FALLBACK_MINOR = 31;
const AGENT_VERSION_MINOR = 36;
const LOOKUP_MINOR = 62;
const HEARTBEAT_MINOR = 68;
const AGENT_VERSION = '11.4.0';

const TOKEN_MASK = '******';
const SHORTEST_TOKEN = 32;

const REQUEST_TIMEOUT_MS = 30_000;
/** Waits of the real agent; the server's time scale shortens them. */
const LOOKUP_FIRST_WAIT_MS = 1_000;
const LOOKUP_LONGEST_WAIT_MS = 60_000;
const LOOKUP_GIVE_UP_MS = 600_000;
const LOOKUP_CONFLICT_WAITS_MS = [5_000, 10_000, 30_000] as const;
const HEARTBEAT_ERROR_WAIT_MS = 5_000;
const INSPECTION_ATTEMPTS = 5;
const INSPECTION_RETRY_WAIT_MS = 5_000;

/**
 * A stand-in for ironic-python-agent: looks its node up, heartbeats, and carries out commands, as the real one does on
 * the wire. Ends when it is disposed, as when the power goes.
 */
export class Agent implements AsyncDisposable {
  readonly #host: AgentHost;
  readonly #kernel_params: ReadonlyMap<string, string>;
  readonly #abort = new AbortController();
  readonly #http: HttpClient;
  readonly #api_url: string;
  #token: string | null;
  #node_uuid: string | null = null;
  #minor = FALLBACK_MINOR;
  #wait = new AbortController();
  #forced = false;
  #running: Promise<void> = Promise.resolve();

  /** @param kernel_params what the kernel line said, `ipa-api-url` above all. */
  constructor(host: AgentHost, kernel_params: ReadonlyMap<string, string>) {
    this.#host = host;
    this.#kernel_params = kernel_params;
    this.#http = new HttpClient(this.#abort.signal, REQUEST_TIMEOUT_MS);
    this.#api_url = (kernel_params.get('ipa-api-url') ?? '').split(',')[0]?.replace(/\/+$/, '') ?? '';
    this.#token = kernel_params.get('ipa-agent-token') ?? null;
  }

  /** Runs until it is disposed, or ends itself because the service refuses it; then it says so in the event log. */
  start(): void {
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#abort.signal.aborted) this.#host.note('agent ended', messageOf(error));
    });
  }

  /** The node that the service said it is; null before. */
  get node_uuid(): string | null {
    return this.#node_uuid;
  }

  async #run(): Promise<void> {
    const host = this.#host;
    if (host.agent_faults.never_boots === true) return;
    const certificate = await selfSignedCertificate(host.identity.address, host.clock.now());
    await this.#readVersion();
    const inspected = await this.#inspect();
    const heartbeat_timeout_s = await this.#lookup(inspected);
    await using api = new AgentApi(
      { host, http: this.#http, signal: this.#abort.signal },
      {
        certificate,
        version: AGENT_VERSION,
        token: () => this.#token,
        commandEnded: () => {
          this.#forced = true;
          this.#wait.abort();
        },
      },
    );
    const callback_url = await api.listen(host.identity.address);
    host.note('agent up', callback_url);
    await this.#heartbeats(callback_url, certificate.cert, heartbeat_timeout_s);
  }

  async #readVersion(): Promise<void> {
    try {
      const { text } = await this.#http.send('GET', `${this.#api_url}/`);
      const minor = /"default_version":.*?"version": *"1\.(\d+)"/s.exec(text)?.[1];
      if (minor !== undefined) this.#minor = Number(minor);
    } catch (error) {
      this.#abort.signal.throwIfAborted();
      this.#host.note('agent cannot read the API version', messageOf(error));
    }
  }

  /** Posts the hardware when the kernel line says where to. @returns the node's UUID when the service told it. */
  async #inspect(): Promise<string | null> {
    const url = this.#kernel_params.get('ipa-inspection-callback-url');
    if (url === undefined) return null;
    const body = JSON.stringify(inspectionDataOf(this.#host));
    for (let attempt = 1; ; attempt += 1) {
      const reply = await this.#http.send('POST', url, { headers: jsonHeaders(), body }).catch(messageOf);
      this.#abort.signal.throwIfAborted();
      const again = typeof reply === 'string' || reply.status >= 500 || reply.status === 409;
      if (!again) {
        this.#host.note('inspection data sent', String(reply.status));
        const uuid = reply.status < 400 ? jsonOf(reply).uuid : null;
        return typeof uuid === 'string' ? uuid : null;
      }
      if (attempt === INSPECTION_ATTEMPTS)
        throw new Error(`Inspection data were refused: ${typeof reply === 'string' ? reply : reply.status}`);
      await this.#sleep(INSPECTION_RETRY_WAIT_MS * 1.5 ** (attempt - 1));
    }
  }

  /** Asks who it is until the service knows. @returns `heartbeat_timeout` in seconds. */
  async #lookup(known_uuid: string | null): Promise<number> {
    const query = new URLSearchParams({ addresses: this.#host.identity.macs.join(',') });
    if (known_uuid !== null) query.set('node_uuid', known_uuid);
    const headers = { ...jsonHeaders(), ...version(Math.min(this.#minor, LOOKUP_MINOR)) };
    let waited_ms = 0;
    let conflicts = 0;
    for (let attempt = 0; waited_ms < LOOKUP_GIVE_UP_MS; attempt += 1) {
      const reply = await this.#http
        .send('GET', `${this.#api_url}/v1/lookup?${query}`, { headers })
        .catch(messageOf);
      this.#abort.signal.throwIfAborted();
      const found = typeof reply === 'string' || reply.status !== 200 ? null : this.#accept(reply);
      if (found !== null) return found;
      this.#host.note('agent lookup failed', typeof reply === 'string' ? reply : String(reply.status));
      let wait_ms = Math.min(LOOKUP_LONGEST_WAIT_MS, LOOKUP_FIRST_WAIT_MS * 2 ** attempt) * Math.random();
      if (typeof reply !== 'string' && reply.status === 409) {
        wait_ms += LOOKUP_CONFLICT_WAITS_MS[Math.min(conflicts, 2)] ?? 0;
        conflicts += 1;
      }
      wait_ms = Math.max(LOOKUP_FIRST_WAIT_MS, wait_ms);
      waited_ms += wait_ms;
      await this.#sleep(wait_ms);
    }
    throw new Error('Could not look up node info. Check logs for details.');
  }

  /** Takes a look-up's answer. @returns `heartbeat_timeout`, or null when the answer is no good. */
  #accept(reply: HttpReply): number | null {
    const { node, config } = jsonOf(reply);
    if (!isObject(node) || typeof node.uuid !== 'string' || !isObject(config)) return null;
    const timeout_s = config.heartbeat_timeout;
    if (typeof timeout_s !== 'number') return null;
    const token = config.agent_token;
    if (token === TOKEN_MASK && this.#token === null)
      throw new Error('The service issued the agent token already: this agent was not the first to ask.');
    if (typeof token === 'string' && token !== TOKEN_MASK && token.length >= SHORTEST_TOKEN)
      this.#token = token;
    this.#node_uuid = node.uuid;
    this.#host.note('agent looked up', node.uuid);
    return timeout_s;
  }

  async #heartbeats(callback_url: string, cert: string, heartbeat_timeout_s: number): Promise<void> {
    for (;;) {
      const accepted = await this.#heartbeat(callback_url, cert);
      this.#abort.signal.throwIfAborted();
      const wait_ms = accepted
        ? heartbeat_timeout_s * 1000 * jitter(0.3, 0.6)
        : HEARTBEAT_ERROR_WAIT_MS * jitter(1, 2);
      // A command that ended during the heartbeat still wants one of its own.
      if (accepted && this.#forced) continue;
      this.#wait = new AbortController();
      await this.#host.clock
        .sleep(wait_ms * this.#host.time_scale, this.#wait.signal)
        .catch(() => this.#abort.signal.throwIfAborted());
    }
  }

  async #heartbeat(callback_url: string, cert: string): Promise<boolean> {
    this.#forced = false;
    const { agent_faults } = this.#host;
    const uuid = agent_faults.claims_uuid ?? this.#node_uuid;
    const body = {
      callback_url,
      ...(this.#minor >= LOOKUP_MINOR ? { agent_token: agent_faults.token ?? this.#token } : {}),
      ...(this.#minor >= AGENT_VERSION_MINOR ? { agent_version: AGENT_VERSION } : {}),
      ...(this.#minor >= HEARTBEAT_MINOR ? { agent_verify_ca: cert } : {}),
    };
    const reply = await this.#http
      .send('POST', `${this.#api_url}/v1/heartbeat/${uuid}`, {
        headers: { ...jsonHeaders(), ...version(Math.min(this.#minor, HEARTBEAT_MINOR)) },
        body: JSON.stringify(body),
      })
      .catch(messageOf);
    const accepted = typeof reply !== 'string' && reply.status === 202;
    this.#host.note(
      accepted ? 'heartbeat' : 'heartbeat failed',
      typeof reply === 'string' ? reply : String(reply.status),
    );
    return accepted;
  }

  async #sleep(ms: number): Promise<void> {
    await this.#host.clock.sleep(ms * this.#host.time_scale, this.#abort.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.#wait.abort();
    await this.#running;
    await this.#http[Symbol.asyncDispose]();
  }
}

function jitter(least: number, most: number): number {
  return least + Math.random() * (most - least);
}

function version(minor: number): Record<string, string> {
  return { 'X-OpenStack-Ironic-API-Version': `1.${minor}` };
}

function jsonHeaders(): Record<string, string> {
  return { 'Content-Type': 'application/json', Accept: 'application/json' };
}

function jsonOf(reply: HttpReply): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(reply.text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
