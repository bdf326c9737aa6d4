import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Authenticator, Unauthorized } from '../../../api/http/authenticator.ts';
import { createLifecycleApi } from '../../../api/lifecycle/server.ts';
import { createPolicy } from '../../../api/openstack/policy/create-policy.ts';
import { systemClock } from '../../../config/system-clock.ts';
import type { Caller } from '../../../lifecycle/caller.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { CALLER, type ConductorBench, SILENT } from '../../conductor/conductor-bench.ts';

export interface LifecycleBench extends AsyncDisposable {
  readonly url: string;
  /** Asks as the system's admin, or as `caller` says; `nobody` comes without a token. */
  remove(path: string, caller?: Partial<Caller>): Promise<{ status: number; text: string }>;
  ask(
    method: string,
    path: string,
    body?: unknown,
    caller?: Partial<Caller>,
  ): Promise<{ status: number; body: JsonObject }>;
  get(path: string, caller?: Partial<Caller> | 'nobody'): Promise<{ status: number; body: unknown }>;
}

/** Those of an admin, with what they imply. */
const ROLES = ['admin', 'manager', 'member', 'reader'];

/** The life-cycle API on a loopback port, over the store of a conductor bench. `anybody`: who says no name is the system's admin. */
export async function serveLifecycle(
  { store, settings, client: conductor }: Pick<ConductorBench, 'store' | 'settings' | 'client'>,
  signal?: AbortSignal,
  anybody = false,
): Promise<LifecycleBench> {
  const authenticator: Authenticator = {
    authenticate: async (headers, request_id) => {
      const said = headers['x-spec-caller'];
      if (said === undefined && anybody) return { ...CALLER, roles: ROLES, request_id };
      if (typeof said !== 'string') throw new Unauthorized('Keystone uri="http://127.0.0.1:5000"', {});
      return { ...CALLER, roles: ROLES, ...(JSON.parse(said) as Partial<Caller>), request_id };
    },
  };
  const policy = createPolicy({ settings });
  const app = await createLifecycleApi({
    ...{ store, settings, conductor, policy, log: SILENT, clock: systemClock, authenticator },
    ...(signal === undefined ? {} : { signal }),
  });
  const server = createServer(app);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    async remove(path, caller = {}) {
      const headers = { 'x-spec-caller': JSON.stringify(caller) };
      const answer = await fetch(new URL(path, url), { method: 'DELETE', headers });
      return { status: answer.status, text: await answer.text() };
    },
    async ask(method, path, body, caller = {}) {
      const headers = { 'x-spec-caller': JSON.stringify(caller), 'content-type': 'application/json' };
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await fetch(new URL(path, url), { method, headers, ...sent });
      return { status: answer.status, body: (await answer.json()) as JsonObject };
    },
    async get(path, caller = {}) {
      const headers: Record<string, string> =
        caller === 'nobody' ? {} : { 'x-spec-caller': JSON.stringify(caller) };
      const answer = await fetch(new URL(path, url), { headers });
      return { status: answer.status, body: await answer.json() };
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
