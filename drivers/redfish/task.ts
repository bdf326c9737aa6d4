import type { BmcTask, TaskStatus } from '../contract.ts';
import type { HttpReply } from './http.ts';
import { extendedMessage, taskMessage, told } from './message.ts';
import { isObject, textIn } from './resources.ts';

/** Task states of work that goes on (DSP2046, TaskState). */
const RUNNING: ReadonlySet<string> = new Set([
  ...['New', 'Pending', 'Service', 'Starting', 'Stopping', 'Running', 'Suspended', 'Interrupted'],
  'Cancelling',
]);

/** Answers to a look at a task that are about the BMC, and not about the task. */
const NOT_ABOUT_IT: ReadonlySet<number> = new Set([401, 403, 429, 502, 503, 504]);

const ON_RESET = 'on-reset ';

/** The handle of work that was asked for with the next boot; the task may have no path. */
export function onReset(task: BmcTask): string {
  return ON_RESET + (task ?? '');
}

/** The path in a handle, and whether the work is to wait for a boot. */
export function handleOf(task: string): { path: string; needs_boot: boolean } {
  const needs_boot = task.startsWith(ON_RESET);
  return { path: needs_boot ? task.slice(ON_RESET.length) : task, needs_boot };
}

/**
 * Where the task of a reply 202 can be looked at: the Task, which stays for a while, before its monitor, which goes with its
 * answer (DSP0266 12.2). null: nowhere
 */
export function taskLinkOf({ headers, body }: Pick<HttpReply, 'headers' | 'body'>): string | null {
  const task = isObject(body) ? body : {};
  const own = textIn(task, '@odata.id');
  if (own !== null && textIn(task, 'TaskState') !== null) return own;
  return headers.get('location') ?? textIn(task, 'TaskMonitor') ?? own;
}

/**
 * What a look at a Task or at a task monitor tells; null: nothing of the task. A monitor answers 202 until the end, and then
 * what the request itself would have been answered.
 */
export function taskStatusOf(
  { status, body }: Pick<HttpReply, 'status' | 'body'>,
  secrets: readonly string[],
): TaskStatus | null {
  if (NOT_ABOUT_IT.has(status)) return null;
  if (status === 404 || status === 410) return { state: 'vanished', message: null, percent: null };
  const task = isObject(body) ? body : {};
  if (status >= 300) return { state: 'failed', message: text(extendedMessage(body).message), percent: null };
  const state = textIn(task, 'TaskState');
  const { PercentComplete } = task;
  const percent = typeof PercentComplete === 'number' ? PercentComplete : null;
  if (status === 202 || (state !== null && RUNNING.has(state)))
    return { state: 'running', message: text(taskMessage(task)), percent };
  const ended_well = (state === null || state === 'Completed') && textIn(task, 'TaskStatus') !== 'Critical';
  if (ended_well) return { state: 'done', message: text(taskMessage(task)), percent: 100 };
  return { state: 'failed', message: text(`${state ?? ''} ${taskMessage(task)}`), percent };

  function text(message: string): string | null {
    const safe = told(message, secrets).trim();
    return safe === '' ? null : safe;
  }
}
