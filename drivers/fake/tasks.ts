import type { Clock } from '../../lifecycle/clock.ts';
import type { BmcTask } from '../contract.ts';
import type { FakeInfo } from './info.ts';
import type { FakeServer, FakeTask } from './server.ts';

const KEPT_TASKS = 50;

/** Ends the tasks whose time has come. */
export function settle(server: FakeServer, now_ms: number): void {
  for (const task of server.tasks.values()) if (task.state === 'running' && task.due_ms <= now_ms) end(task);
}

/** Starts work of the BMC: done at once when tasks take no time, else a task. */
export function startTask(
  server: FakeServer,
  { clock, info }: { clock: Clock; info: FakeInfo },
  what: FakeTask['what'],
  work: () => void,
): BmcTask {
  const message = server.task_failure;
  if (info.task_ms === 0 && message === null) {
    work();
    return null;
  }
  const id = `${what}-${server.tasks.size + 1}`;
  server.tasks.set(id, {
    ...{ what, message, work },
    state: 'running',
    due_ms: clock.monotonic() + info.task_ms,
  });
  const oldest = server.tasks.keys().next().value;
  if (server.tasks.size > KEPT_TASKS && oldest !== undefined) server.tasks.delete(oldest);
  return id;
}

/** What a boot of the server takes on. */
export function bootNow(server: FakeServer): void {
  for (const setting of server.bios) {
    const value = server.bios_pending[setting.name];
    if (value !== undefined) setting.value = value;
  }
  server.bios_pending = {};
  if (server.boot?.persistent === false) server.boot = null;
}

function end(task: FakeTask): void {
  if (task.message === null) task.work();
  task.state = task.message === null ? 'done' : 'failed';
}
