import type { JsonObject } from '../lifecycle/json.ts';
import { CommandFailure } from './exit-codes.ts';
import type { Ask, WaitRow, WorkPart, WorkState } from './work.ts';

/** What a tool leads to. */
export interface Goal {
  /** The power state that it ends with. */
  power?: string;
  /** It changes the provision state, whose failures are its own. */
  provision?: true;
}

/** Attempts that are looked through for those of one request. */
const NEWEST = 20;

/**
 * Waits for what a request has a server do: for its attempts in the timeline where the caller may see it, and until nothing has the
 * server any more.
 */
export const serverWait =
  (goal: Goal = {}): WaitRow =>
  ({ body: first, request_id }) => {
    const uuid = String(first.uuid);
    const name = typeof first.name === 'string' && first.name !== '' ? first.name : uuid;
    let timeline_hidden = request_id === null;
    const attemptsOf = async (ask: Ask): Promise<JsonObject[]> => {
      if (timeline_hidden) return [];
      try {
        const { attempts } = (await ask(`/v1/servers/${uuid}/timeline?limit=${NEWEST}`)) as {
          attempts: JsonObject[];
        };
        return attempts.filter((attempt) => attempt.request_id === request_id);
      } catch (error) {
        // Who leases a server sees no timeline.
        if (!(error instanceof CommandFailure && ['forbidden', 'missing'].includes(error.exit))) throw error;
        timeline_hidden = true;
        return [];
      }
    };
    return {
      shown_by: `kurogane server show ${name}`,
      look: async (ask) => {
        // The attempts first: what is over then is over in the server too.
        const attempts = await attemptsOf(ask);
        const server = (await ask(`/v1/servers/${uuid}`)) as JsonObject;
        return stateOf(name, server, attempts, goal);
      },
    };
  };

function stateOf(name: string, server: JsonObject, attempts: readonly JsonObject[], goal: Goal): WorkState {
  const open = attempts.find(({ state }) => ['queued', 'running', 'waiting'].includes(String(state)));
  if (open !== undefined || server.busy === true)
    return { parts: [{ name, well: null, ...nowOf(server, open) }], over: null, body: server };
  const failed = attempts.find(({ state }) => state !== 'done');
  const why = failed !== undefined ? causeOf(failed) : missed(server, goal, attempts.length > 0);
  const state =
    goal.provision === true ? String(server.provision_state) : String(server.power_state ?? 'done');
  const part: WorkPart = { name, state: why === null ? state : 'failed', well: why === null };
  return {
    parts: [why === null ? part : { ...part, note: why }],
    over: why === null ? { exit: 'done', text: '' } : { exit: 'work_failed', text: `${name}: ${why}` },
    body: server,
  };
}

/** Where it is, of what is told. */
function nowOf(server: JsonObject, attempt: JsonObject | undefined): Pick<WorkPart, 'state' | 'note'> {
  const state = String(server.target_provision_state === null ? server.power_state : server.provision_state);
  if (attempt === undefined) return { state };
  const steps = attempt.steps as JsonObject[];
  const step = steps.find(({ outcome }) => outcome === null)?.step;
  if (attempt.waits_for !== null) return { state, note: `waits for ${String(attempt.waits_for)}` };
  return step === undefined ? { state } : { state, note: String(step) };
}

function causeOf({ cause, state, next_action }: JsonObject): string {
  const then = typeof next_action === 'string' ? ` ${next_action}` : '';
  return `${typeof cause === 'string' ? cause : `It was ${String(state)}.`}${then}`;
}

/** Why the server is not where it was to go; null: it is. */
function missed(server: JsonObject, goal: Goal, told: boolean): string | null {
  const { provision_state, power_state, attention_reasons } = server;
  if (goal.provision === true && / failed$|^error$/.test(String(provision_state))) {
    const reasons = (attention_reasons as string[]).join(' ');
    return `${String(provision_state)}.${reasons === '' ? '' : ` ${reasons}`}`;
  }
  if (!told && goal.power !== undefined && power_state !== goal.power)
    return `It is ${String(power_state ?? 'in an unknown power state')}, not ${goal.power}.`;
  return null;
}
