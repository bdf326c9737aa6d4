import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import express from 'express';
import { createIdentity, type Identity } from '../../../api/identity/create-identity.ts';
import { loadSettings } from '../../../config/load-settings.ts';
import { createLogger } from '../../../config/logger.ts';
import type { Clock } from '../../../lifecycle/clock.ts';

/** The identity service on a loopback port, with the users below. */
export interface RunningIdentity extends AsyncDisposable {
  /** `http://127.0.0.1:<port>/identity` */
  url: string;
  identity: Identity;
  users_file: string;
  log_lines: string[];
}

/** Every password of `USERS` is `<user>-pw`. */
export const USERS = {
  domains: [{ name: 'tenants', id: 'tenants' }],
  projects: [
    { name: 'service' },
    { name: 'racks', id: 'racks' },
    { name: 'racks', id: 'tenant-racks', domain: 'tenants' },
  ],
  users: [
    user('operator', [
      { role: 'admin', system: 'all' },
      { role: 'admin', project: 'racks' },
    ]),
    user('tenant', [{ role: 'Manager', project: 'racks' }], { default_project: 'racks' }),
    user('auditor', [{ role: 'reader', system: 'all' }]),
    user('kurogane', [{ role: 'service', project: 'service' }]),
    user('far', [{ role: 'member', project: 'racks' }], { domain: 'tenants' }),
    user('nobody', []),
  ],
};

function user(name: string, roles: object[], more: object = {}): object {
  // Cost 4 keeps the tests quick.
  return { name, password_hash: hashSync(`${name}-pw`, 4), roles, ...more };
}

export async function startIdentity(
  clock: Clock,
  env: Record<string, string> = {},
): Promise<RunningIdentity> {
  const folder = mkdtempSync(join(tmpdir(), 'kurogane-identity-'));
  const users_file = join(folder, 'users.json');
  writeFileSync(users_file, JSON.stringify(USERS));
  const log_lines: string[] = [];
  const log = createLogger({ level: 'debug', destination: { write: (line) => log_lines.push(line) } });
  const app = express();
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/identity`;
  const identity = createIdentity({
    settings: loadSettings({ env: { ...env, KUROGANE_IDENTITY__USERS_FILE: users_file } }),
    log,
    clock,
    endpoints: () => ({ identity: url, baremetal: 'http://127.0.0.1:6385' }),
    ephemeral_key: true,
  });
  app.use('/identity', identity.router);
  return {
    url,
    identity,
    users_file,
    log_lines,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      rmSync(folder, { recursive: true });
    },
  };
}
