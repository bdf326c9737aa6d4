import { readFileSync } from 'node:fs';
import type { Agent } from 'undici';
import { httpAgent } from '../../net/http-agent.ts';
import { readBounded } from '../../net/read-bounded.ts';

export interface BmcAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** One BMC, as its driver_info leads to it. */
export interface BmcWay {
  origin: string;
  verify_ca: boolean | string;
}

export interface Upstream extends AsyncDisposable {
  /** @throws Error when the BMC does not answer, or with more than the gateway takes */
  ask(
    way: BmcWay,
    request: { method: string; path: string; headers: Record<string, string>; body: string | null },
    signal: AbortSignal,
  ): Promise<BmcAnswer>;
}

const MOST_BYTES = 4 * 1024 * 1024;
/** BMCs whose connections are kept. */
const KEPT = 200;
/** Of each: more would crowd out the service itself. */
const CONNECTIONS = 2;
const TIMEOUT_MS = 30_000;

/** HTTP to the BMCs; their connections are kept, the longest unused are closed first. */
export function openUpstream(): Upstream {
  const agents = new Map<string, Agent>();

  function agentOf({ origin, verify_ca }: BmcWay): Agent {
    const key = `${origin} ${String(verify_ca)}`;
    const known = agents.get(key);
    const agent =
      known ??
      httpAgent({
        connections: CONNECTIONS,
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
        connect: {
          timeout: TIMEOUT_MS,
          rejectUnauthorized: verify_ca !== false,
          ...(typeof verify_ca === 'string' ? { ca: readFileSync(verify_ca, 'utf8') } : {}),
        },
      });
    agents.delete(key);
    agents.set(key, agent);
    const [oldest] = agents;
    if (agents.size > KEPT && oldest !== undefined) {
      agents.delete(oldest[0]);
      void oldest[1].close();
    }
    return agent;
  }

  return {
    async ask(way, { method, path, headers, body }, signal) {
      const init = {
        ...{ method, headers, redirect: 'manual', dispatcher: agentOf(way) },
        ...(body === null ? {} : { body }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      };
      // The global fetch takes an undici dispatcher, which its types know from another version of undici.
      const response = await fetch(`${way.origin}${path}`, init as unknown as RequestInit);
      return {
        status: response.status,
        headers: response.headers,
        text: await readBounded(response, MOST_BYTES),
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}
