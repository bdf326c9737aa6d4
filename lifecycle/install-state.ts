import type { ServerFacts } from './server-record.ts';
import type { ProvisionState } from './states.ts';

/** How far a server is on the way to its operating system, in four words. */
export type InstallState = 'DEPLOY_START' | 'DEPLOYING' | 'INSTALLED' | 'UNRECOVERABLE_ERROR';

/** Each provision state's word; states without one are not on that way. */
const OF_STATE: Readonly<Partial<Record<ProvisionState, InstallState>>> = {
  deploying: 'DEPLOY_START',
  'wait call-back': 'DEPLOYING',
  'deploy hold': 'DEPLOYING',
  'deploy failed': 'UNRECOVERABLE_ERROR',
  error: 'UNRECOVERABLE_ERROR',
  active: 'INSTALLED',
  servicing: 'INSTALLED',
  'service wait': 'INSTALLED',
  'service hold': 'INSTALLED',
  'service failed': 'INSTALLED',
  rescuing: 'INSTALLED',
  'rescue wait': 'INSTALLED',
  'rescue failed': 'INSTALLED',
  rescue: 'INSTALLED',
  unrescuing: 'INSTALLED',
  'unrescue failed': 'INSTALLED',
};

/** Provision states in which a server has an operating system of ours, or is on the way to it. */
export const INSTALL_STATES = Object.keys(OF_STATE) as readonly ProvisionState[];

/** null: it is not on the way. What the server's own system said of a failure counts once the deploy is over. Pure. */
export function installState(
  server: { provision_state: ProvisionState } & Pick<ServerFacts, 'install_failed_at'>,
): InstallState | null {
  const state = OF_STATE[server.provision_state] ?? null;
  return state === 'INSTALLED' && server.install_failed_at !== null ? 'UNRECOVERABLE_ERROR' : state;
}

/** Whether a deploy that last went on at `last_at` stands still. Pure. */
export function isStalled(last_at: number, now: number, limit_ms: number): boolean {
  return now - last_at >= limit_ms;
}

/** Provision states in which a server's system may tell how its installation goes. */
export const INSTALLING: readonly ProvisionState[] = ['deploying', 'wait call-back', 'deploy hold', 'active'];
