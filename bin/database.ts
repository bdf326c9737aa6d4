import type { Settings } from '../config/options.ts';
import type { Store } from '../db/store.ts';
import { composeStore } from './compose-base.ts';

/** `kurogane db upgrade`. Resolves with words for the operator. */
export async function upgradeDatabase(settings: Settings): Promise<string> {
  await using store = await open(settings);
  const applied = await store.upgrade();
  return applied.length === 0
    ? 'The schema is already that of this version.'
    : `Applied ${applied.length} ${applied.length === 1 ? 'migration' : 'migrations'}: ${applied.join(', ')}`;
}

/** `kurogane db status` */
export async function databaseStatus(settings: Settings): Promise<{ current: boolean; text: string }> {
  await using store = await open(settings);
  const pending = await store.pendingMigrations();
  if (pending.length === 0) return { current: true, text: 'The schema is that of this version.' };
  return {
    current: false,
    text: `The schema is older than this version. Run "kurogane db upgrade". Missing: ${pending.join(', ')}`,
  };
}

/** `kurogane db rotate-secrets` */
export async function rotateSecrets(settings: Settings): Promise<string> {
  await using store = await open(settings);
  const rows = await store.rotateSecrets();
  return `${rows} ${rows === 1 ? 'row was' : 'rows were'} encrypted again; the first key now opens every secret.`;
}

function open(settings: Settings): Promise<Store> {
  return composeStore(settings, false);
}
