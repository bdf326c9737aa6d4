import { isStable, type ProvisionState, STATES } from './states.ts';

/** The kinds of background work that an event starts. One file each in `conductor/work/`. */
export type ProvisionWork =
  | 'verify'
  | 'inspect'
  | 'clean'
  | 'deploy'
  | 'teardown'
  | 'rescue'
  | 'unrescue'
  | 'adopt'
  | 'service'
  | 'abort';

/** Who raises an event: a client's verb, the conductor, an agent's heartbeat, or the timeout sweep. */
export type EventSource = 'api' | 'int' | 'agent' | 'timer';

type Row = readonly [
  from: ProvisionState,
  event: string,
  to: ProvisionState,
  work: ProvisionWork | null,
  by: readonly EventSource[],
];

/**
 * Every edge of the provision state machine (ironic/common/state_machine.py): 93 rows, each (from, event) once.
 * `work` is the job that the event starts; null means that nothing runs in the background.
 */
export const TRANSITIONS = [
  ['available', 'deploy', 'deploying', 'deploy', ['api']],
  ['deploying', 'fail', 'deploy failed', null, ['int']],
  ['deploy failed', 'rebuild', 'deploying', 'deploy', ['api']],
  ['deploy failed', 'deploy', 'deploying', 'deploy', ['api']],
  ['deploying', 'wait', 'wait call-back', null, ['int']],
  ['deploying', 'hold', 'deploy hold', null, ['int']],
  ['wait call-back', 'hold', 'deploy hold', null, ['int']],
  ['wait call-back', 'resume', 'deploying', null, ['agent', 'int']],
  ['wait call-back', 'fail', 'deploy failed', null, ['int', 'timer']],
  ['deploy hold', 'unhold', 'wait call-back', null, ['api']],
  ['deploy hold', 'abort', 'deploy failed', 'abort', ['api']],
  ['wait call-back', 'abort', 'deploy failed', 'abort', ['api']],
  ['deploying', 'done', 'active', null, ['int']],
  ['active', 'rebuild', 'deploying', 'deploy', ['api']],
  ['active', 'delete', 'deleting', 'teardown', ['api']],
  ['wait call-back', 'delete', 'deleting', 'teardown', ['api']],
  ['deploy failed', 'delete', 'deleting', 'teardown', ['api']],
  ['deleting', 'fail', 'error', null, ['int']],
  ['deleting', 'clean', 'cleaning', 'clean', ['int']],
  ['cleaning', 'done', 'available', null, ['int']],
  ['cleaning', 'fail', 'clean failed', null, ['int']],
  ['clean wait', 'fail', 'clean failed', null, ['int', 'timer']],
  ['clean wait', 'abort', 'clean failed', 'abort', ['api']],
  ['cleaning', 'wait', 'clean wait', null, ['int']],
  ['cleaning', 'hold', 'clean hold', null, ['int']],
  ['clean wait', 'hold', 'clean hold', null, ['int']],
  ['clean wait', 'resume', 'cleaning', null, ['agent', 'int']],
  ['clean hold', 'abort', 'clean failed', 'abort', ['api']],
  ['clean hold', 'unhold', 'clean wait', null, ['api']],
  ['clean failed', 'manage', 'manageable', null, ['api']],
  ['manageable', 'provide', 'cleaning', 'clean', ['api']],
  ['manageable', 'clean', 'cleaning', 'clean', ['api']],
  ['cleaning', 'manage', 'manageable', null, ['int']],
  ['available', 'manage', 'manageable', null, ['api']],
  ['error', 'rebuild', 'deploying', 'deploy', ['api']],
  ['error', 'delete', 'deleting', 'teardown', ['api']],
  ['manageable', 'inspect', 'inspecting', 'inspect', ['api']],
  ['inspecting', 'done', 'manageable', null, ['int']],
  ['inspecting', 'fail', 'inspect failed', null, ['int']],
  ['inspecting', 'wait', 'inspect wait', null, ['int']],
  ['inspect wait', 'done', 'manageable', null, ['int']],
  ['inspect wait', 'fail', 'inspect failed', null, ['int', 'timer']],
  ['inspect wait', 'abort', 'inspect failed', 'abort', ['api']],
  ['inspect wait', 'resume', 'inspecting', null, ['agent', 'int']],
  ['inspect failed', 'manage', 'manageable', null, ['api']],
  ['inspect failed', 'inspect', 'inspecting', 'inspect', ['api']],
  ['active', 'rescue', 'rescuing', 'rescue', ['api']],
  ['rescuing', 'done', 'rescue', null, ['int']],
  ['rescuing', 'wait', 'rescue wait', null, ['int']],
  ['rescue wait', 'resume', 'rescuing', null, ['agent', 'int']],
  ['rescue', 'rescue', 'rescuing', 'rescue', ['api']],
  ['rescue', 'delete', 'deleting', 'teardown', ['api']],
  ['rescue wait', 'fail', 'rescue failed', null, ['int', 'timer']],
  ['rescuing', 'fail', 'rescue failed', null, ['int']],
  ['rescue wait', 'abort', 'rescue failed', 'abort', ['api']],
  ['rescue failed', 'rescue', 'rescuing', 'rescue', ['api']],
  ['rescue failed', 'unrescue', 'unrescuing', 'unrescue', ['api']],
  ['rescue failed', 'delete', 'deleting', 'teardown', ['api']],
  ['rescue wait', 'delete', 'deleting', 'teardown', ['api']],
  ['rescue', 'unrescue', 'unrescuing', 'unrescue', ['api']],
  ['unrescuing', 'done', 'active', null, ['int']],
  ['unrescuing', 'fail', 'unrescue failed', null, ['int']],
  ['unrescue failed', 'rescue', 'rescuing', 'rescue', ['api']],
  ['unrescue failed', 'unrescue', 'unrescuing', 'unrescue', ['api']],
  ['unrescue failed', 'delete', 'deleting', 'teardown', ['api']],
  ['enroll', 'manage', 'verifying', 'verify', ['api']],
  ['verifying', 'done', 'manageable', null, ['int']],
  ['verifying', 'fail', 'enroll', null, ['int']],
  ['manageable', 'adopt', 'adopting', 'adopt', ['api']],
  ['adopting', 'done', 'active', null, ['int']],
  ['adopting', 'fail', 'adopt failed', null, ['int']],
  ['adopt failed', 'adopt', 'adopting', 'adopt', ['api']],
  ['adopt failed', 'manage', 'manageable', null, ['api']],
  ['servicing', 'done', 'active', null, ['int']],
  ['active', 'service', 'servicing', 'service', ['api']],
  ['servicing', 'fail', 'service failed', null, ['int']],
  ['servicing', 'wait', 'service wait', null, ['int']],
  ['servicing', 'hold', 'service hold', null, ['int']],
  ['service wait', 'hold', 'service hold', null, ['int']],
  ['service hold', 'service', 'servicing', 'service', ['api']],
  ['service hold', 'unhold', 'service wait', null, ['api']],
  ['service wait', 'resume', 'servicing', null, ['agent', 'int']],
  ['service wait', 'fail', 'service failed', null, ['int', 'timer']],
  ['service hold', 'fail', 'service failed', null, ['int']],
  ['service wait', 'abort', 'service failed', 'abort', ['api']],
  ['service hold', 'abort', 'service failed', 'abort', ['api']],
  ['service failed', 'service', 'servicing', 'service', ['api']],
  ['service failed', 'rescue', 'rescuing', 'rescue', ['api']],
  ['service failed', 'wait', 'service wait', null, ['int']],
  ['service failed', 'hold', 'service hold', null, ['int']],
  ['service failed', 'delete', 'deleting', 'teardown', ['api']],
  ['service failed', 'abort', 'active', 'abort', ['api']],
  ['service wait', 'delete', 'deleting', 'teardown', ['api']],
] as const satisfies readonly Row[];

/** The 18 events of the machine. */
export type ProvisionEvent = (typeof TRANSITIONS)[number][1];

/** What a transition leads to. */
export interface Transition {
  to: ProvisionState;
  work: ProvisionWork | null;
  /** target_provision_state to store; see `target_rules`: null when a stable state is reached without work. */
  target: ProvisionState | null;
}

const EDGES = new Map<string, Row>(TRANSITIONS.map((row) => [`${row[0]}|${row[1]}`, row]));

/**
 * The transition that `event` causes in `state`, or null when the machine has no such edge. Pure.
 *
 * @param target overrides the new state's default target (manual cleaning passes `manageable` on every event).
 */
export function transition(
  state: ProvisionState,
  event: ProvisionEvent,
  target?: ProvisionState | null,
): Transition | null {
  const row = EDGES.get(`${state}|${event}`);
  if (row === undefined) return null;
  const [, , to, work] = row;
  if (isStable(to) && work === null) return { to, work, target: null };
  return { to, work, target: target === undefined || target === null ? STATES[to].target : target };
}

/** The events that a client may raise in `state`: what the API's "allowed verbs" error and the portal's buttons show. */
export function clientEvents(state: ProvisionState): ProvisionEvent[] {
  return TRANSITIONS.filter((row) => row[0] === state && row[4].some((by) => by === 'api')).map(
    (row) => row[1],
  );
}
