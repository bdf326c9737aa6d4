import { type CodedText, coded, codeOf } from '../../lifecycle/coded-text.ts';
import type { JobRecord, JournalEntry, WaitReason } from '../../lifecycle/job.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { clientEvents } from '../../lifecycle/machine.ts';
import type { HistoryRecord, NodeRecord } from '../../lifecycle/records.ts';
import { redactUrls } from '../../lifecycle/redact-urls.ts';
import { verbsFor } from '../../lifecycle/verbs.ts';
import { isoTime } from './iso-time.ts';

/** What belongs to one attempt. */
export interface Attempt {
  job: JobRecord;
  journal: readonly JournalEntry[];
  /** History entries of the node, of any time. */
  history: readonly HistoryRecord[];
  /** True: nothing was tried after it. */
  newest: boolean;
}

/** Arguments of jobs that never hold a secret; the others are not shown. */
const SHOWN_ARGS = ['target', 'method', 'timeout_s', 'reason', 'kind', 'enabled', 'device_type'] as const;

const NEXT_OF_WAIT: Readonly<Record<WaitReason, string>> = {
  heartbeat:
    'The ramdisk on the server has to report to the API. If it does not, look at the server\'s console; "abort" ends the wait.',
  inspection:
    'The ramdisk on the server has to send its inspection data. If it does not, look at the server\'s console; "abort" ends the wait.',
  installed:
    'The system that the server boots has to say that it is installed. If it does not, look at the server\'s console; "abort" ends the wait.',
  unhold: 'Send "unhold" to go on, or "abort".',
  timer: 'Nothing: it goes on by itself.',
};

type NextCode = 'queued' | 'start-anew' | `wait-${WaitReason}`;

/** The entry of a job's end is written after the end, in the same transaction. */
const LAST_WORD_MS = 1000;

/** An attempt as the API shows it, without secrets. */
export function attemptView({ job, journal, history, newest }: Attempt, node: NodeRecord): JsonObject {
  const next = nextAction(job, node, newest);
  return {
    uuid: job.uuid,
    kind: job.kind,
    state: job.state,
    asked: Object.fromEntries(
      SHOWN_ARGS.flatMap((name): [string, Json][] => {
        const given = job.args[name];
        return given === undefined || typeof given === 'object' ? [] : [[name, given]];
      }),
    ),
    request_id: job.request_id,
    user: job.user,
    project: job.project,
    conductor: job.claimed_by ?? journal.at(-1)?.conductor ?? null,
    created_at: isoTime(job.created_at),
    started_at: isoTime(job.started_at),
    finished_at: isoTime(job.finished_at),
    waits_for: job.state === 'waiting' ? job.wait_for : null,
    waits_until: job.state === 'waiting' ? isoTime(job.deadline_at) : null,
    cause: job.error === null ? null : redactUrls(job.error.message),
    next_action: next?.text ?? null,
    next_code: next === null ? null : codeOf(next),
    steps: journal.map((entry) => stepView(entry, job)),
    remaining_steps: remaining(job),
    events: history.filter((entry) => isWithin(entry, job)).map(eventView),
  };
}

function stepView(entry: JournalEntry, job: JobRecord): JsonObject {
  // An entry that nobody ended belongs to the visit under way, or to one whose conductor died.
  const under_way = job.state === 'running' && entry.fencing_token === job.fencing_token;
  return {
    step: `${entry.interface}.${entry.step}`,
    conductor: entry.conductor,
    started_at: isoTime(entry.started_at),
    ended_at: isoTime(entry.ended_at),
    outcome: entry.outcome ?? (under_way ? null : 'interrupted'),
    detail: entry.detail === null ? null : redactUrls(entry.detail),
    commands: (entry.commands ?? []).map(({ command, answer, at, times, duration_ms }) => ({
      ...{ command, answer: redactUrls(answer), at: isoTime(at), times, duration_ms },
    })),
  };
}

function remaining(job: JobRecord): string[] {
  if (job.finished_at !== null) return [];
  return (job.steps ?? []).slice(job.step_index + 1).map((step) => `${step.interface}.${step.step}`);
}

/** What somebody should do now because of this attempt; null: nothing, or it is long past. */
function nextAction(job: JobRecord, node: NodeRecord, newest: boolean): CodedText<NextCode> | null {
  if (job.state === 'queued')
    return coded('queued', 'Nothing: a conductor of its group takes it. If none does, see that one runs.');
  if (job.state === 'waiting')
    return job.wait_for === null ? null : coded(`wait-${job.wait_for}`, NEXT_OF_WAIT[job.wait_for]);
  if (job.state !== 'failed' || !newest) return null;
  const { provision_state: state, maintenance } = node;
  const verbs = verbsFor(clientEvents(state)).join(', ');
  const then = verbs === '' ? '' : ` From "${state}" the node takes: ${verbs}.`;
  const held = maintenance ? ' The node is in maintenance: end that first.' : '';
  return coded('start-anew', `Do what the cause says, then start anew.${held}${then}`, {
    ...{ state, verbs },
    maintenance: String(maintenance),
  });
}

function isWithin(entry: HistoryRecord, job: JobRecord): boolean {
  const until = job.finished_at === null ? Number.POSITIVE_INFINITY : job.finished_at + LAST_WORD_MS;
  return entry.created_at >= job.created_at && entry.created_at <= until;
}

function eventView(entry: HistoryRecord): JsonObject {
  const { uuid, severity, event_type, conductor, user, state } = entry;
  return {
    ...{ uuid, severity, event_type, conductor, user, state },
    event: redactUrls(entry.event),
    created_at: isoTime(entry.created_at),
  };
}
