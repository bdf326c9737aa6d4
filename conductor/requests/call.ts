import type { Caller } from '../../lifecycle/caller.ts';
import { ERRORS, type ErrorCode, ServiceError, serviceError } from '../../lifecycle/errors.ts';
import type { JobRecord } from '../../lifecycle/job.ts';
import { isObject, type Json, type JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { jobQueue } from '../bus/bus.ts';
import type { CallName, Calls } from '../client.ts';
import { rawBytes } from '../raw-bytes.ts';
import { plannedStep } from '../step.ts';
import { changeNode, type RequestDeps } from './reserve.ts';

/** Calls that change the hardware or its network take the node's lock; the others share it. */
const EXCLUSIVE: readonly CallName[] = [
  'set_boot_device',
  'inject_nmi',
  // Ironic locks the node for reading a lamp too.
  'get_indicator_state',
  'set_indicator_state',
  'vendor_passthru',
  'grant_account',
  'vif_attach',
  'vif_detach',
];

/** How often the job's row is read while the bus is silent. */
const POLL_MS = 500;

/** Where a caller hears that a job ended. */
export interface JobEnds {
  /** Resolves when the job ended or `ms` passed, whichever is first. */
  ended(job_id: number, ms: number): Promise<void>;
}

/** Asks a conductor and waits for the answer: see ConductorClient.call. */
export async function call<M extends CallName>(
  deps: RequestDeps & { ends: JobEnds },
  node: NodeRecord,
  method: M,
  args: Calls[M]['args'],
  caller: Caller,
): Promise<Calls[M]['result']> {
  const timeout_ms = deps.settings.conductor.call_timeout * 1000;
  await deps.placement.requireHost(node);
  const deadline_at = (await deps.placement.dbNow()) + timeout_ms;
  const steps = [plannedStep(`call.${method}`)];
  const job_args: JsonObject = { method, args: args as JsonObject };
  const id = EXCLUSIVE.includes(method)
    ? await enqueueExclusive(deps, node, caller, { kind: 'call', args: job_args, steps, deadline_at })
    : await enqueueShared(deps, node, caller, { kind: 'call', args: job_args, steps, deadline_at });
  const until = deps.clock.monotonic() + timeout_ms;
  for (;;) {
    await deps.ends.ended(id, POLL_MS);
    const job = await deps.store.jobs.get(id);
    if (job?.state === 'done') return job.result as Calls[M]['result'];
    if (job === null || job.state === 'failed' || job.state === 'cancelled') throw errorOf(job);
    if (deps.clock.monotonic() >= until)
      throw serviceError('ServiceUnavailable', {
        why: `No conductor answered ${method} for node ${node.uuid} in ${deps.settings.conductor.call_timeout} s.`,
      });
  }
}

type CallJob = {
  kind: 'call';
  args: JsonObject;
  steps: ReturnType<typeof plannedStep>[];
  deadline_at: number;
};

async function enqueueExclusive(
  deps: RequestDeps,
  node: NodeRecord,
  caller: Caller,
  job: CallJob,
): Promise<number> {
  const { job_id } = await changeNode(deps, node, caller, async (current) => {
    if (job.args.method === 'vendor_passthru') refuseInFlash(current, job.args.args);
    return { changes: {}, job };
  });
  if (job_id === null) throw new Error('A call without a job.');
  return job_id;
}

/**
 * While a ramdisk writes firmware the node is nobody's, and its BMC must not be restarted under the work. Out of band the node is held.
 * @throws Conflict
 */
function refuseInFlash(node: NodeRecord, args: Json | undefined): void {
  if (!restartsBmc(args)) return;
  const { clean_step, deploy_step, service_step } = node;
  const flashing = [clean_step, deploy_step, service_step].find(
    ({ interface: kind, step }) => kind === 'firmware' || step === 'update_firmware',
  );
  if (flashing !== undefined)
    throw serviceError('Conflict', {
      why: `The step ${String(flashing.interface)}.${String(flashing.step)} of node ${node.uuid} is writing firmware: its BMC cannot be restarted now.`,
    });
}

function restartsBmc(args: Json | undefined): boolean {
  if (!isObject(args)) return false;
  if (args.method === 'bmc_reset') return true;
  const bytes =
    args.method === 'send_raw' && isObject(args.data) ? rawBytes(String(args.data.raw_bytes)) : null;
  // Cold and warm reset, IPMI v2.0 20.2 and 20.3.
  return bytes !== null && bytes[0] === 0x06 && (bytes[1] === 0x02 || bytes[1] === 0x03);
}

async function enqueueShared(
  deps: RequestDeps,
  node: NodeRecord,
  caller: Caller,
  job: CallJob,
): Promise<number> {
  const { id } = await deps.store.jobs.insert({
    ...job,
    node_uuid: node.uuid,
    conductor_group: node.conductor_group,
    exclusive: false,
    request_id: caller.request_id,
    user: caller.user_id,
    project: caller.project_id,
  });
  await deps.bus.send(jobQueue(node.conductor_group), { job_id: id });
  return id;
}

function errorOf(job: JobRecord | null): ServiceError {
  const error = job?.error ?? null;
  if (error === null) return new ServiceError('ServiceUnavailable', 'The call was cancelled.');
  const code = Object.hasOwn(ERRORS, error.code) ? (error.code as ErrorCode) : 'HardwareFailure';
  return new ServiceError(code, error.message);
}
