import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hash } from 'bcryptjs';
import { stringify } from 'yaml';
import type { Settings } from '../config/options.ts';

/**
 * The settings with an embedded Keystone, when authentication is by Keystone and no other one is named. Without a users
 * file, one with an administrator is made in `state_path`.
 *
 * @returns created: words with the new password, to be shown once; null when nothing was made.
 */
export async function ensureAccounts(
  settings: Settings,
): Promise<{ settings: Settings; created: string | null }> {
  const { auth_strategy, state_path } = settings.DEFAULT;
  const embedded =
    settings.identity.enabled ||
    (auth_strategy === 'keystone' && settings.keystone_authtoken.auth_url === '');
  if (!embedded) return { settings, created: null };
  const users_file = settings.identity.users_file || join(state_path, 'users.yaml');
  const own = { ...settings, identity: { ...settings.identity, enabled: true, users_file } };
  if (settings.identity.users_file !== '') return { settings: own, created: null };
  const password = newPassword();
  const users = {
    projects: [{ name: 'admin' }],
    users: [
      {
        name: 'admin',
        password_hash: await hash(password, 12),
        default_project: 'admin',
        roles: [
          { role: 'admin', system: 'all' },
          { role: 'admin', project: 'admin' },
        ],
      },
    ],
  };
  try {
    await mkdir(dirname(users_file), { recursive: true, mode: 0o700 });
    await writeFile(users_file, stringify(users), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return { settings: own, created: null };
    throw error;
  }
  return {
    settings: own,
    created: `The account "admin" (project admin, system scope) has the password ${password} - it is shown only now.`,
  };
}

/** 96 bits, without characters that a shell or a URL reads otherwise. */
export function newPassword(): string {
  return randomBytes(12).toString('base64url');
}
