import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** How the stand-in answers validations. */
export type KeystoneMood = 'well' | 'error' | 'silent' | 'huge' | 'redirect' | 'nonsense' | 'forbidden';

/** A Keystone whose truth tests set and break. */
export interface KeystoneStandIn extends AsyncDisposable {
  /** Its root, without /v3. */
  url: string;
  /** Token → body of the validation. */
  tokens: Map<string, object>;
  /** Tokens that only `allow_expired` brings back. */
  expired: Set<string>;
  mood: KeystoneMood;
  /** False: logins are refused. */
  accepts_login: boolean;
  /** Seconds that our service token lives. */
  login_ttl_s: number;
  /** Takes one request per connection and cuts it at the next, without having said so. */
  cuts_kept_connections: boolean;
  /** Bodies of the logins seen. */
  logins: unknown[];
  /** Subject tokens of the validations seen. */
  validations: string[];
  /** Forgets the service tokens that it gave out. */
  forgetLogins(): void;
  /** Holds validations back until the returned function is called. */
  hold(): () => void;
}

export async function startKeystoneStandIn(
  now: () => number,
  tls?: { cert: string; key: string },
): Promise<KeystoneStandIn> {
  const known_logins = new Set<string>();
  let held: Promise<void> = Promise.resolve();
  const used = new WeakSet<Socket>();
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    if (keystone.cuts_kept_connections && used.has(request.socket)) {
      request.socket.destroy();
      return;
    }
    used.add(request.socket);
    answer(request, response).catch(() => response.destroy());
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const keystone: KeystoneStandIn = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens: new Map(),
    expired: new Set(),
    mood: 'well',
    accepts_login: true,
    login_ttl_s: 3600,
    cuts_kept_connections: false,
    logins: [],
    validations: [],
    forgetLogins: () => known_logins.clear(),
    hold() {
      let release = () => {};
      held = new Promise<void>((resolve) => {
        release = resolve;
      });
      return release;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const url = new URL(request.url ?? '', keystone.url);
    if (url.pathname !== '/v3/auth/tokens') return send(response, 404, { error: { code: 404 } });
    if (request.method === 'POST') return login(response, text);
    return await validate(request, response, url.searchParams.has('allow_expired'));
  }

  function login(response: ServerResponse, text: string): void {
    keystone.logins.push(JSON.parse(text));
    if (!keystone.accepts_login) {
      send(response, 401, { error: { code: 401 } });
      return;
    }
    const id = `service-token-${keystone.logins.length}`;
    known_logins.add(id);
    response.setHeader('X-Subject-Token', id);
    const expires_at = new Date(now() + keystone.login_ttl_s * 1000).toISOString();
    send(response, 201, { token: { user: { id: 'kurogane' }, expires_at } });
  }

  async function validate(
    request: IncomingMessage,
    response: ServerResponse,
    allow_expired: boolean,
  ): Promise<void> {
    const subject = String(request.headers['x-subject-token']);
    keystone.validations.push(subject);
    await held;
    if (keystone.mood === 'silent') return;
    if (keystone.mood === 'error') return send(response, 500, { error: { code: 500 } });
    if (keystone.mood === 'forbidden') return send(response, 403, { error: { code: 403 } });
    if (keystone.mood === 'nonsense') return send(response, 200, ['?']);
    if (keystone.mood === 'huge') return send(response, 200, { token: 'x'.repeat(2 ** 21) });
    if (keystone.mood === 'redirect') {
      response.setHeader('Location', `${keystone.url}/v3/auth/tokens`);
      return send(response, 302, {});
    }
    if (!known_logins.has(String(request.headers['x-auth-token']))) return send(response, 401, {});
    const body = keystone.tokens.get(subject);
    if (body === undefined || (keystone.expired.has(subject) && !allow_expired)) {
      return send(response, 404, { error: { code: 404 } });
    }
    send(response, 200, body);
  }
  return keystone;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

/** A token body of project scope, as Keystone shows it. */
export function projectToken(user: string, roles: readonly string[], expires_at_ms: number): object {
  return {
    token: {
      methods: ['password'],
      user: { id: user, name: user, domain: { id: 'default', name: 'Default' } },
      project: { id: 'p1', name: 'racks', domain: { id: 'default', name: 'Default' } },
      roles: roles.map((name) => ({ id: name, name })),
      expires_at: new Date(expires_at_ms).toISOString().replace('Z', '000Z'),
    },
  };
}
