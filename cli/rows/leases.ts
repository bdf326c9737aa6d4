import { type CommandRow, field } from '../command-row.ts';

const COLUMNS = ['uuid', 'username', 'access', 'role', 'address', 'state', 'expires_at'];

export const LEASE_ROWS: readonly CommandRow[] = [
  {
    words: 'lease create',
    operation: 'lifecycle.bmc_leases.create',
    method: 'POST',
    path: '/v1/servers/{server}/bmc-leases',
    help: "hand a server's BMC out for a while; the password is shown once",
    options: [
      field('access', 'on its own address, or only through the gateway', { choices: ['direct', 'gateway'] }),
      field('role', 'what it may do', { choices: ['read-only', 'operator'] }),
      field('lifetime_s', 'seconds until it expires; default a day', { kind: 'integer' }),
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
    help: 'revoke a lease',
    output: { kind: 'item', columns: COLUMNS },
  },
];
