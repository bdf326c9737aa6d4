import type { Store } from '../db/store.ts';
import type { NodeRecord } from '../lifecycle/records.ts';
import { type RunTimeScripts, scriptPath } from './run-time-scripts.ts';
import { type BootFacts, registrationScript, type StageScript } from './script.ts';

/** How servers that nobody knows come to register. */
export interface NewServers {
  /** `host:port` of the registration service as servers reach it; null: it does not run yet. */
  target(): string | null;
  /** Of its certificate, hexadecimal. */
  certificate_sha256: string;
  /** Enrolment token. */
  token: string;
  scripts: RunTimeScripts;
  /** The boot service as servers reach it; '': at its own address. */
  http_url: string;
  store: { registrations: Pick<Store['registrations'], 'count'> };
}

/**
 * The boot script of a server that is to register: one that no node describes, or whose node is what a registration that failed
 * has left. null: another one's turn. The script is read each time: it may be changed while the service runs.
 * @throws Error when there is no registration script
 */
export async function newServerScript(
  { certificate_sha256, http_url, scripts, store, target, token }: NewServers,
  facts: BootFacts,
  own_url: string,
  node: Pick<NodeRecord, 'uuid' | 'provision_state'> | null,
  mac: string | null,
): Promise<string | null> {
  const to = target();
  if (to === null) return null;
  if (node !== null) {
    const again =
      node.provision_state === 'enroll' && (await store.registrations.count({ node_uuid: node.uuid })) > 0;
    if (!again) return null;
  }
  const script = await stageScript(scripts, 'register.sh', http_url || own_url);
  return registrationScript(facts, { target: to, certificate_sha256, token, ...script }, mac);
}

/**
 * Where the first stage fetches a script, as it is now. @param boot_url the boot service as servers reach it
 * @throws Error when there is no such script
 */
export async function stageScript(
  scripts: RunTimeScripts,
  name: 'register.sh' | 'kexec.sh',
  boot_url: string,
): Promise<StageScript> {
  const script = await scripts.current(name);
  if (script === null) throw new Error(`There is no ${name} in ${scripts.where}.`);
  const { sha256: script_sha256 } = script;
  return { script_url: `${boot_url}${scriptPath(name, script_sha256)}`, script_sha256 };
}
