import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import express from 'express';
import { apiPages } from '../api/http/api-pages.ts';
import { createIdentity, type Identity } from '../api/identity/create-identity.ts';
import { createLifecycleApi } from '../api/lifecycle/server.ts';
import { createAuthenticator } from '../api/openstack/auth/create-authenticator.ts';
import { createPolicy } from '../api/openstack/policy/create-policy.ts';
import { createOpenstackApi } from '../api/openstack/server.ts';
import type { Bus } from '../conductor/bus/bus.ts';
import { createConductorClient } from '../conductor/open-client.ts';
import type { Settings } from '../config/options.ts';
import type { DriverRegistry } from '../drivers/registry.ts';
import type { Base } from './compose-base.ts';
import { composePortal } from './compose-portal.ts';
import { composeRegistration } from './compose-registration.ts';
import { type Listener, listen, type Upgrade } from './listen.ts';
import type { Parts } from './parts.ts';
import { StartError } from './start-error.ts';

/** An API whose address is taken but that answers 503 until `serve` is called. */
export interface ApiDoor {
  readonly url: string;
  open(handler: RequestListener): void;
  /** Takes requests for other protocols. */
  upgrade(take: Upgrade): void;
  /** Takes no more requests; those in hand may end. */
  close(): Promise<void>;
}

/** Takes the API's address first, so that a port chosen by the system is known to all that is composed after. */
export async function composeDoor(parts: Parts, settings: Settings): Promise<ApiDoor> {
  let handler: RequestListener = (_request, response) => {
    response.writeHead(503, { 'retry-after': '1' }).end();
  };
  const listener: Listener = parts.own(
    await listen((request, response) => handler(request, response), {
      host_ip: settings.api.host_ip,
      port: settings.api.port,
      ...(settings.api.enable_ssl_api ? { tls: await readTls(settings) } : {}),
    }),
  );
  return {
    url: listener.url,
    open: (opened) => {
      handler = opened;
    },
    upgrade: listener.upgrade,
    close: async () => await listener[Symbol.asyncDispose](),
  };
}

/** Base URL of the API as clients and agents reach it. */
export function publicUrl(settings: Settings, door: Pick<ApiDoor, 'url'>): string {
  return (settings.api.public_endpoint || door.url).replace(/\/+$/, '');
}

/**
 * Serves the API, and the embedded Keystone where it is enabled, behind the door; and the registration of servers, where it is
 * enabled. `registration`: its host and port.
 */
export async function composeApi(
  parts: Parts,
  base: Base,
  options: { bus: Bus; drivers: DriverRegistry; door: ApiDoor; embedded: boolean },
): Promise<{ registration: string | null }> {
  const { settings, store, log, clock, telemetry } = base;
  const { metrics } = telemetry;
  const url = publicUrl(settings, options.door);
  const identity = composeIdentity(base, url);
  const authenticator = refusing(() =>
    createAuthenticator({ settings, log, clock, ...(identity === null ? {} : { identity }) }),
  );
  parts.defer(() => authenticator.close());
  const conductor = parts.own(
    await createConductorClient({
      store,
      bus: options.bus,
      settings,
      clock,
      log,
      drivers: options.drivers,
      observer: metrics.conductor,
    }),
  );
  const overrides = await readPolicyFile(settings);
  const policy = refusing(() => createPolicy({ settings, ...overrides }));
  const api = await createOpenstackApi({
    settings,
    store,
    conductor,
    policy,
    log,
    clock,
    authenticator,
    observe: telemetry.requestEnded,
  });
  const ending = new AbortController();
  const lifecycle = await createLifecycleApi({
    ...{ settings, store, conductor, policy, log, clock, authenticator, signal: ending.signal },
    observe: telemetry.requestEnded,
  });
  const { embedded } = options;
  const portal = await composePortal(parts, base, { url, embedded, embedded_door: identity?.door ?? null });
  const app = express();
  app.disable('x-powered-by');
  if (identity !== null) app.use('/identity', identity.router);
  app.use('/lifecycle', lifecycle);
  app.use('/openapi', apiPages());
  if (portal !== null) app.use('/portal', portal.router);
  app.use(api);
  // Express costs a good part of a short request: only what is not the bare metal API goes through it.
  options.door.open((request, response) => {
    portal?.admit(request);
    if (request.url?.startsWith('/v1/') === true) api(request, response);
    else app(request, response);
  });
  // The first to end: requests in hand still need the rest.
  parts.defer(async () => {
    await clock.sleep(settings.api.shutdown_delay * 1000);
    ending.abort();
    await options.door.close();
  });
  return { registration: await composeRegistration(parts, base, conductor, options.embedded) };
}

function composeIdentity({ settings, log, clock }: Base, url: string): Identity | null {
  if (!settings.identity.enabled) return null;
  const endpoints = () => ({ identity: `${url}/identity/v3`, baremetal: url });
  return refusing(() => createIdentity({ settings, log, clock, endpoints }));
}

async function readPolicyFile({ oslo_policy }: Settings): Promise<{ overrides_text?: string }> {
  if (oslo_policy.policy_file === '') return {};
  try {
    return { overrides_text: await readFile(oslo_policy.policy_file, 'utf8') };
  } catch (error) {
    throw new StartError(`[oslo_policy]policy_file cannot be read: ${(error as Error).message}`);
  }
}

async function readTls({ ssl }: Settings): Promise<{ cert: string; key: string }> {
  if (ssl.cert_file === '' || ssl.key_file === '')
    throw new StartError('[api]enable_ssl_api needs [ssl]cert_file and key_file.');
  try {
    return { cert: await readFile(ssl.cert_file, 'utf8'), key: await readFile(ssl.key_file, 'utf8') };
  } catch (error) {
    throw new StartError(`A file of [ssl] cannot be read: ${(error as Error).message}`);
  }
}

/** What these parts throw while they are made is about settings: words for the operator. */
function refusing<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new StartError((error as Error).message, { cause: error });
  }
}
