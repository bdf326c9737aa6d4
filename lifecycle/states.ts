/**
 * The provision states of a node, in Ironic's words (ironic/common/states.py, API 1.115).
 *
 * `kind` is `stable` (changes only on request), `fail` (failure or hold: waits for a request) or `unstable` (work in
 * progress, or waiting for a call-back). `target` is the target_provision_state written on arrival, unless the event
 * brings its own. `timeout` names the `[conductor]` option that bounds the state.
 */
export const STATES = {
  enroll: { kind: 'stable', target: null },
  verifying: { kind: 'unstable', target: 'manageable' },
  manageable: { kind: 'stable', target: null },
  available: { kind: 'stable', target: null },
  deploying: { kind: 'unstable', target: 'active' },
  'wait call-back': { kind: 'unstable', target: 'active', timeout: 'deploy_callback_timeout' },
  'deploy hold': { kind: 'fail', target: 'active' },
  'deploy failed': { kind: 'fail', target: 'active' },
  active: { kind: 'stable', target: null },
  deleting: { kind: 'unstable', target: 'available' },
  error: { kind: 'stable', target: null },
  cleaning: { kind: 'unstable', target: 'available' },
  'clean wait': { kind: 'unstable', target: 'available', timeout: 'clean_callback_timeout' },
  'clean hold': { kind: 'fail', target: 'available' },
  'clean failed': { kind: 'fail', target: 'available' },
  inspecting: { kind: 'unstable', target: 'manageable' },
  'inspect wait': { kind: 'unstable', target: 'manageable', timeout: 'inspect_wait_timeout' },
  'inspect failed': { kind: 'fail', target: 'manageable' },
  adopting: { kind: 'unstable', target: 'active' },
  'adopt failed': { kind: 'fail', target: 'active' },
  rescuing: { kind: 'unstable', target: 'rescue' },
  'rescue wait': { kind: 'unstable', target: 'rescue', timeout: 'rescue_callback_timeout' },
  'rescue failed': { kind: 'fail', target: 'rescue' },
  rescue: { kind: 'stable', target: null },
  unrescuing: { kind: 'unstable', target: 'active' },
  'unrescue failed': { kind: 'fail', target: 'active' },
  servicing: { kind: 'unstable', target: 'active' },
  'service wait': { kind: 'unstable', target: 'active', timeout: 'service_callback_timeout' },
  'service hold': { kind: 'fail', target: 'active' },
  'service failed': { kind: 'fail', target: 'active' },
} as const satisfies Record<string, StateFacts>;

interface StateFacts {
  kind: 'stable' | 'unstable' | 'fail';
  target: string | null;
  timeout?: string;
}

/** One of the 30 provision states, spelt as on the wire. */
export type ProvisionState = keyof typeof STATES;

export const PROVISION_STATES = Object.keys(STATES) as readonly ProvisionState[];

/** States with a target in which a node may be changed all the same (ironic/common/states.py, UPDATE_ALLOWED_STATES). */
const UPDATABLE: readonly ProvisionState[] = [
  'deploy failed',
  'inspecting',
  'inspect failed',
  'inspect wait',
  'clean failed',
  'error',
  'verifying',
  'adopt failed',
  'rescue failed',
  'unrescue failed',
  'service hold',
  'service failed',
];

/** Whether a node may be changed while it is on its way from this state to its target. */
export function isUpdatable(state: ProvisionState): boolean {
  return UPDATABLE.includes(state);
}

/** True when `value` names a provision state. */
export function isProvisionState(value: unknown): value is ProvisionState {
  return typeof value === 'string' && Object.hasOwn(STATES, value);
}

/** States that change only on request: their target_provision_state is null. */
export function isStable(state: ProvisionState): boolean {
  return STATES[state].kind === 'stable';
}

/** States in which a worker is busy with the node or waits for its call-back. */
export function isUnstable(state: ProvisionState): boolean {
  return STATES[state].kind === 'unstable';
}

/** States that something failed in, or that hold: they wait for a person. */
export function isFail(state: ProvisionState): boolean {
  return STATES[state].kind === 'fail';
}
