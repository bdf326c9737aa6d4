import type { JsonObject } from '../../lifecycle/json.ts';
import type { Area } from './area.ts';
import { collection, named, withoutNulls } from './json.ts';
import { RedfishRefusal } from './redfish-error.ts';

const SERVICE = '/redfish/v1/TaskService';
const TASKS = `${SERVICE}/Tasks`;
const MONITORS = `${SERVICE}/TaskMonitors`;
const KEPT_TASKS = 50;
const FAILURE = 'The task failed in the virtual BMC.';

interface Task {
  id: number;
  looks: number;
  looks_left: number;
  end: 'Completed' | 'Exception';
  state: 'Running' | 'Completed' | 'Exception';
  /** Gone with its first answer after the end. */
  monitored: boolean;
  work(): void;
}

/** What a BMC goes on with after it has answered: a look at a task or its monitor brings it on (DSP0266 12.2). */
export class Tasks implements Area {
  readonly #tasks = new Map<number, Task>();
  #next_id = 1;

  /** Tasks that have not ended. */
  get running(): number {
    return [...this.#tasks.values()].filter(({ state }) => state === 'Running').length;
  }

  /** Brings all of them to their end. */
  finish(): void {
    for (const task of this.#tasks.values()) {
      task.looks_left = Math.min(task.looks_left, 0);
      look(task);
    }
  }

  /** As after a restart of the BMC that keeps none: what was under way is finished all the same. */
  forget(): void {
    for (const task of this.#tasks.values())
      if (task.state === 'Running' && task.end === 'Completed') task.work();
    this.#tasks.clear();
  }

  /** The reply to a request that becomes a task. */
  start(
    how: { looks: number; end: Task['end'] },
    work: () => void,
  ): {
    status: number;
    headers: Record<string, string>;
    body: JsonObject;
  } {
    const id = this.#next_id++;
    const task: Task = { id, ...how, looks_left: how.looks, state: 'Running', monitored: true, work };
    this.#tasks.set(id, task);
    const oldest = this.#tasks.keys().next().value;
    if (this.#tasks.size > KEPT_TASKS && oldest !== undefined) this.#tasks.delete(oldest);
    return { status: 202, headers: { location: `${MONITORS}/${id}` }, body: bodyOf(task) };
  }

  read(path: string): JsonObject | null {
    if (path === SERVICE)
      return {
        ...named(SERVICE, 'TaskService.v1_2_0.TaskService', 'TaskService'),
        ServiceEnabled: true,
        Tasks: { '@odata.id': TASKS },
      };
    if (path === TASKS)
      return collection(
        TASKS,
        'Task',
        [...this.#tasks.keys()].map((id) => `${TASKS}/${id}`),
      );
    const task = this.#tasks.get(Number(path.slice(TASKS.length + 1)));
    if (!path.startsWith(`${TASKS}/`) || task === undefined) return null;
    look(task);
    return bodyOf(task);
  }

  /** A look at a monitor: 202 until the end, then what the request would have been answered. null: it is none */
  monitor(path: string): { status: number; body?: JsonObject } | null {
    if (!path.startsWith(`${MONITORS}/`)) return null;
    const task = this.#tasks.get(Number(path.slice(MONITORS.length + 1)));
    if (task === undefined || !task.monitored)
      throw new RedfishRefusal(404, 'ResourceMissingAtURI', 'There is no such task monitor.');
    look(task);
    if (task.state === 'Running') return { status: 202, body: bodyOf(task) };
    task.monitored = false;
    if (task.state === 'Exception') throw new RedfishRefusal(500, 'InternalError', FAILURE);
    return { status: 204 };
  }
}

function look(task: Task): void {
  if (task.state !== 'Running') return;
  task.looks_left -= 1;
  if (task.looks_left >= 0) return;
  if (task.end === 'Completed') task.work();
  task.state = task.end;
}

function bodyOf({ id, state, looks, looks_left, monitored }: Task): JsonObject {
  const failed = state === 'Exception';
  return withoutNulls({
    ...named(`${TASKS}/${id}`, 'Task.v1_7_0.Task', String(id)),
    TaskState: state,
    TaskStatus: failed ? 'Critical' : 'OK',
    TaskMonitor: monitored ? `${MONITORS}/${id}` : null,
    PercentComplete: Number.isFinite(looks)
      ? Math.floor((100 * (looks - Math.max(0, looks_left))) / (looks + 1))
      : 0,
    Messages: [
      { MessageId: 'Update.1.0.Progress', Message: `The task is ${state}.`, Severity: 'OK' },
      ...(failed ? [{ MessageId: 'Base.1.18.InternalError', Message: FAILURE, Severity: 'Critical' }] : []),
    ],
  });
}
