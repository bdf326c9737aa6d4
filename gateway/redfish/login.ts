import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { readJsonBody } from '../../api/http/request-body.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { GoodLease } from '../leases.ts';
import type { GatewayAnswer } from './gateway.ts';

export interface Credentials {
  username: string;
  password: string;
  given: 'basic' | 'session' | 'login';
}

const SESSIONS = '/redfish/v1/SessionService/Sessions';
const BODY_BYTES = 4096;

/**
 * Who asks: by Basic (RFC 7617), by the body of a login, or by the token of one (DSP0266 13.3). A token holds the lease's own words, so that
 * every gateway process knows it, and it is worth no more than they are. Null: nobody.
 */
export async function readCredentials(request: IncomingMessage): Promise<Credentials | null> {
  const { authorization, 'x-auth-token': token } = request.headers;
  if (typeof token === 'string') return pairOf(token, 'session');
  if (authorization !== undefined) {
    const [, text] = /^Basic ([A-Za-z0-9+/]{1,256}={0,2})$/i.exec(authorization) ?? [];
    return text === undefined ? null : pairOf(text, 'basic');
  }
  const target = (request.url ?? '').replace(/\/$/, '');
  if (request.method !== 'POST' || (target !== SESSIONS && target !== `${SESSIONS}/Members`)) return null;
  const body = await readJsonBody(request, BODY_BYTES).catch(() => undefined);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null;
  const { UserName: username, Password: password } = body;
  if (typeof username !== 'string' || typeof password !== 'string') return null;
  return { username, password, given: 'login' };
}

function pairOf(text: string, given: Credentials['given']): Credentials | null {
  if (text.length > 256) return null;
  const pair = Buffer.from(text, 'base64').toString('utf8');
  const at = pair.indexOf(':');
  return at === -1 ? null : { username: pair.slice(0, at), password: pair.slice(at + 1), given };
}

export const SERVICE_ROOT = /^\/redfish\/v1\/?$/;

/** The service root that anybody may read: the places that there are, and nothing of any BMC. DSP0266 13.2.3 */
export const ownRoot: JsonObject = {
  '@odata.type': '#ServiceRoot.v1_5_0.ServiceRoot',
  ...{ '@odata.id': '/redfish/v1/', Id: 'RootService', Name: 'Gateway', RedfishVersion: '1.6.0' },
  Systems: { '@odata.id': '/redfish/v1/Systems' },
  Chassis: { '@odata.id': '/redfish/v1/Chassis' },
  Managers: { '@odata.id': '/redfish/v1/Managers' },
  SessionService: { '@odata.id': '/redfish/v1/SessionService' },
  Links: { Sessions: { '@odata.id': SESSIONS } },
};

/** The gateway's own sessions; null: the request is about something else. */
export function sessionAnswer(
  method: string,
  target: string,
  { given, username, password }: Credentials,
  { lease }: GoodLease,
): GatewayAnswer | null {
  const path = target.replace(/\/$/, '');
  const id = createHash('sha256').update(lease.uuid).digest('hex').slice(0, 16);
  const own = `${SESSIONS}/${id}`;
  const session = {
    '@odata.type': '#Session.v1_3_0.Session',
    ...{ '@odata.id': own, Id: id, Name: 'Lease', UserName: lease.username },
  };
  if (method === 'GET' && path === '/redfish/v1/SessionService')
    return {
      status: 200,
      body: {
        '@odata.type': '#SessionService.v1_1_8.SessionService',
        ...{ '@odata.id': path, Id: 'SessionService', Name: 'Sessions', ServiceEnabled: true },
        Sessions: { '@odata.id': SESSIONS },
      },
    };
  if (method === 'GET' && path === SESSIONS)
    return {
      status: 200,
      body: {
        '@odata.type': '#SessionCollection.SessionCollection',
        ...{ '@odata.id': path, Name: 'Sessions', Members: [{ '@odata.id': own }], 'Members@odata.count': 1 },
      },
    };
  if (method === 'GET' && path === own) return { status: 200, body: session };
  if (method === 'DELETE' && path === own) return { status: 204 };
  if (method === 'POST' && given === 'login') {
    const token = Buffer.from(`${username}:${password}`).toString('base64');
    return { status: 201, body: session, headers: { location: own, 'x-auth-token': token } };
  }
  return null;
}
