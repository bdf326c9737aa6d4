import type { JsonObject } from '../../lifecycle/json.ts';
import { type CommandRow, field } from '../command-row.ts';
import type { WaitRow } from '../work.ts';

const COLUMNS = ['uuid', 'username', 'access', 'role', 'address', 'state', 'expires_at'];

/** Until its account is gone from the BMC. */
const REVOKED: WaitRow = ({ body: { uuid, server_uuid } }) => ({
  shown_by: `kurogane lease list ${String(server_uuid)}`,
  look: async (ask) => {
    const { bmc_leases } = (await ask(`/v1/servers/${String(server_uuid)}/bmc-leases`)) as {
      bmc_leases: JsonObject[];
    };
    const body = bmc_leases.find((lease) => lease.uuid === uuid) ?? { uuid: uuid ?? null, state: 'revoked' };
    const over = body.state === 'revoked';
    const note = typeof body.last_error === 'string' ? { note: body.last_error } : {};
    const part = {
      name: String(body.username ?? uuid),
      state: String(body.state),
      well: over ? true : null,
      ...note,
    };
    return { parts: [part], over: over ? { exit: 'done', text: '' } : null, body };
  },
});

export const LEASE_ROWS: readonly CommandRow[] = [
  {
    words: 'lease create',
    operation: 'lifecycle.bmc_leases.create',
    method: 'POST',
    path: '/v1/servers/{server}/bmc-leases',
    help: "hand a server's BMC out for a while; the password is shown once",
    options: [
      field('access', 'on its own address, or only through the gateway; default direct', {
        choices: ['direct', 'gateway'],
      }),
      field('role', 'what it may do; default operator', { choices: ['read-only', 'operator'] }),
      field('lifetime_s', 'seconds until it expires, 60 to 2592000; default 86400, a day', {
        kind: 'integer',
      }),
    ],
    output: { kind: 'item' },
  },
  {
    words: 'lease list',
    operation: 'lifecycle.bmc_leases.list',
    method: 'GET',
    path: '/v1/servers/{server}/bmc-leases',
    help: "list leases of a server's BMC, newest first",
    output: { kind: 'list', key: 'bmc_leases', columns: COLUMNS },
  },
  {
    words: 'lease revoke',
    operation: 'lifecycle.bmc_leases.revoke',
    method: 'DELETE',
    path: '/v1/servers/{server}/bmc-leases/{lease}',
    help: 'revoke a lease; its account is deleted as soon as the BMC answers',
    output: { kind: 'item', columns: COLUMNS },
    wait: REVOKED,
  },
];
