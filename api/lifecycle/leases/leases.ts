import { createHash, randomBytes, randomInt } from 'node:crypto';
import {
  type BmcLeaseRecord,
  LEASES_OF_A_SERVER,
  type LeaseAccess,
  type LeaseRole,
} from '../../../lifecycle/bmc-lease.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { refusalOf } from '../../../lifecycle/tools.ts';
import { isUuidLike } from '../../http/value-syntax.ts';
import { nodeTarget } from '../../openstack/node-access.ts';
import { auditServer } from '../audit.ts';
import type { LifecycleApi, LifecycleHandler, LifecycleRequest } from '../handler.ts';
import { isoTime } from '../iso-time.ts';
import { type FoundServer, findServer, sideOf } from '../servers/access.ts';
import { toolFacts } from '../servers/view.ts';

const DAY_S = 86_400;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** Settings of group `[gateway]` with the address for servers of a driver. Default: that of Redfish. */
const ENDPOINTS: Readonly<Record<string, 'public_endpoint' | 'ipmi_public_endpoint'>> = {
  ipmi: 'ipmi_public_endpoint',
};
const GOOD: BmcLeaseRecord['state'][] = ['pending', 'active', 'revoking'];

/** POST /v1/servers/{server}/bmc-leases: the only answer that has the password. @throws Conflict */
export const createLease: LifecycleHandler = async (request, api) => {
  const { caller } = request;
  const { found, side } = await findForUse(request, api);
  const why = refusalOf('bmc-access', toolFacts(found), side)?.text ?? null;
  if (why !== null) throw serviceError('Conflict', { why });
  const { server, node } = found;
  if (node === null) throw serviceError('NotFound', { kind: 'Node', ident: server.uuid });
  const body = (request.body ?? {}) as { access?: LeaseAccess; role?: LeaseRole; lifetime_s?: number };
  const { access = 'direct', role = 'operator', lifetime_s = DAY_S } = body;
  const is_gateway = access === 'gateway';
  const endpoint = ENDPOINTS[node.driver] ?? 'public_endpoint';
  if (is_gateway && api.settings.gateway[endpoint] === '')
    throw serviceError('Conflict', {
      why: `There is no gateway for servers of the driver ${node.driver}: set [gateway]${endpoint}, or lease direct access.`,
    });
  const [username, password, bmc_password] = [
    `kl-${randomBytes(4).toString('hex')}`,
    newPassword(),
    newPassword(),
  ];
  const lease = await api.store.transaction(async (tables) => {
    // Holds the server's row: leases that are made at the same time are counted one after the other.
    await tables.servers.update(server.uuid, {});
    const open = await tables.bmc_leases.count({ server_uuid: server.uuid, state: GOOD });
    if (open >= LEASES_OF_A_SERVER)
      throw serviceError('Conflict', {
        why: `The BMC has ${open} leased accounts, which is the most. Revoke one first.`,
      });
    const made = await tables.bmc_leases.create({
      ...{ server_uuid: server.uuid, user: caller.user_id, side, access, role, username },
      project: side === 'provider' ? null : caller.project_id,
      password_hash: createHash('sha256').update(password).digest('hex'),
      bmc: is_gateway
        ? { password: bmc_password, ...(node.driver === 'ipmi' ? { holder_password: password } : {}) }
        : {},
      expires_at: (await tables.now()) + lifetime_s * 1000,
    });
    const detail = { uuid: made.uuid, access, role, lifetime_s };
    await auditServer(tables, api, server.uuid, caller, 'bmc-lease-create', detail);
    return made;
  });
  const account = { username, password: is_gateway ? bmc_password : password, role };
  try {
    await api.conductor.call(node, 'grant_account', account, caller);
  } catch (error) {
    await endLease(api, lease, 'Its account could not be made.');
    throw error;
  }
  const active = await api.store.bmc_leases.update(lease.uuid, { state: 'active' }, { state: 'pending' });
  if (active === null) throw serviceError('Conflict', { why: 'The lease was revoked while it was made.' });
  return { status: 201, body: { ...leaseView(active, found, api), password } };
};

/**
 * What BMCs ask of passwords, in as many bytes as they all take (IPMI v2.0 22.30: 16 of IPMI v1.5). Whoever knows a name of an IPMI
 * account gets what proves a guess (RAKP 2): twelve letters and digits of chance, 71 bits, are out of reach.
 */
function newPassword(): string {
  const chance = Array.from({ length: 12 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return `${chance}${'!%+-.'[randomInt(5)]}Kz9`;
}

/** GET /v1/servers/{server}/bmc-leases: newest first, without passwords. */
export const listLeases: LifecycleHandler = async (request, api) => {
  const { found, side } = await findForUse(request, api);
  const where = { server_uuid: found.server.uuid };
  const all = await api.store.bmc_leases.list({ where, sort_dir: 'desc', limit: 100 });
  const shown = all.filter(({ project }) => side === 'provider' || project === request.caller.project_id);
  return { status: 200, body: { bmc_leases: shown.map((lease) => leaseView(lease, found, api)) } };
};

/** DELETE /v1/servers/{server}/bmc-leases/{lease}: good for nothing from now on; its account goes as soon as the BMC answers. */
export const revokeLease: LifecycleHandler = async (request, api) => {
  const { found, side } = await findForUse(request, api);
  const ident = request.params.lease ?? '';
  const lease = isUuidLike(ident) ? await api.store.bmc_leases.get(ident.toLowerCase()) : null;
  const own = side === 'provider' || lease?.project === request.caller.project_id;
  if (lease?.server_uuid !== found.server.uuid || !own)
    throw serviceError('NotFound', { kind: 'BMC lease', ident });
  await endLease(api, lease, 'It was given back.');
  const { uuid } = lease;
  await auditServer(api.store, api, found.server.uuid, request.caller, 'bmc-lease-revoke', { uuid });
  const now = await api.store.bmc_leases.get(uuid);
  return { status: 202, body: leaseView(now ?? lease, found, api) };
};

async function endLease({ store }: LifecycleApi, { uuid }: BmcLeaseRecord, why: string): Promise<void> {
  const over = { state: 'revoking', last_error: why, next_at: await store.now(), bmc: {} } as const;
  await store.bmc_leases.update(uuid, over, { state: ['pending', 'active'] });
}

/** @throws NotFound, NotAuthorized */
async function findForUse(request: LifecycleRequest, api: LifecycleApi) {
  const found = await findServer(api, request);
  const side = sideOf(api, found.server, request.caller);
  if (side === 'customer')
    api.policy.authorize('lifecycle:server:use', nodeTarget(found.server), request.caller);
  return { found, side };
}

function leaseView(
  lease: BmcLeaseRecord,
  { server, node }: FoundServer,
  { settings }: LifecycleApi,
): JsonObject {
  const { uuid, project, user, side, access, role, username, state, last_error } = lease;
  return {
    ...{
      uuid,
      server_uuid: lease.server_uuid,
      project,
      user,
      side,
      access,
      role,
      username,
      state,
      last_error,
    },
    address:
      access === 'gateway'
        ? settings.gateway[ENDPOINTS[node?.driver ?? ''] ?? 'public_endpoint']
        : server.bmc_address,
    expires_at: isoTime(lease.expires_at),
    revoked_at: isoTime(lease.revoked_at),
    created_at: isoTime(lease.created_at),
  };
}
