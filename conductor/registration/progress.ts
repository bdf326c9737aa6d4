import { serviceError } from '../../lifecycle/errors.ts';
import { isAtWork, isUnproved, withUpdates } from '../../lifecycle/firmware-updates.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { RegistrationRecord } from '../../lifecycle/registration-records.ts';
import type { RegistrationAction, RegistrationProgress, RegistrationVerdict } from '../client.ts';
import { type ProvisionDeps, provision } from '../requests/provision.ts';
import { failRegistration } from './end-registration.ts';
import { isSecret, type RegistrationDeps, registrant } from './registration-deps.ts';

/** Of the log that an agent brings. */
const LOG_TAIL = 16_384;
const CAUSE = 2_000;

type ProgressDeps = RegistrationDeps & ProvisionDeps;

/** See ConductorClient.registrationProgress. */
export async function registrationProgress(
  deps: ProgressDeps,
  registration_uuid: string,
  secret: string,
  progress: RegistrationProgress,
): Promise<RegistrationVerdict> {
  const record = await ownRecord(deps, registration_uuid, secret);
  if (record.state !== 'running') return verdictOf(record);
  if (isWithConductor(record)) return settle(deps, record);
  const log_tail = clean(progress.log_tail, LOG_TAIL) || record.log_tail;
  if (progress.outcome === 'failed') {
    const cause = clean(progress.cause, CAUSE) || 'The agent gave no cause.';
    await failRegistration(deps, record, { step: progress.step, cause, log_tail });
    return settle(deps, record);
  }
  if (progress.outcome === 'running') {
    await deps.store.registrations.update(
      record.uuid,
      { step: progress.step, log_tail },
      { state: 'running' },
    );
    return { action: 'wait', step: progress.step, cause: null };
  }
  if (progress.step === 'firmware') return restart(deps, record, log_tail);
  const undone = record.firmware.find(({ update }) => update?.by === 'server' && isUnproved(update));
  if (undone !== undefined) {
    const cause = `The agent ${record.agent_version ?? ''} has not updated the firmware of ${undone.component} (${undone.product_name}): use one that does, or take update_script from the baseline.`;
    await failRegistration(deps, record, { step: 'firmware', cause, log_tail });
    return settle(deps, record);
  }
  return verify(deps, record, log_tail);
}

/** Whether the server has done its part, and a conductor is at work on its BMC. */
export const isWithConductor = ({ step, firmware }: RegistrationRecord): boolean =>
  step === 'verify' || firmware.some((one) => isAtWork(one, 'bmc'));

/** Its scripts have ended well. What they did shows when it registers again. */
async function restart(
  deps: RegistrationDeps,
  record: RegistrationRecord,
  log_tail: string | null,
): Promise<RegistrationVerdict> {
  const firmware = withUpdates(record.firmware, ({ by, state }) => by === 'server' && state === 'started', {
    state: 'ran',
  });
  const step = 'firmware';
  const updated = await deps.store.registrations.update(
    record.uuid,
    { step, firmware, log_tail },
    { state: 'running' },
  );
  return updated === null ? settle(deps, record) : { action: 'restart', step, cause: null };
}

/** The server has done its part: a conductor proves that its BMC can be reached. */
async function verify(
  deps: ProgressDeps,
  record: RegistrationRecord,
  log_tail: string | null,
): Promise<RegistrationVerdict> {
  const claimed = await deps.store.registrations.update(
    record.uuid,
    { step: 'verify', log_tail },
    { state: 'running', step: record.step },
  );
  if (claimed === null) return settle(deps, record);
  const node = await nodeOf(deps, record);
  if (node !== null) {
    try {
      await provision(deps, node, 'manage', {}, registrant(`req-${record.uuid}`));
    } catch (error) {
      await failRegistration(deps, record, { step: 'verify', cause: (error as Error).message });
    }
  }
  return settle(deps, record);
}

/** How a registration stands; ends it where its node tells that it is over. */
export async function settle(
  deps: RegistrationDeps,
  { uuid }: Pick<RegistrationRecord, 'uuid'>,
): Promise<RegistrationVerdict> {
  const record = await deps.store.registrations.get(uuid);
  if (record === null) throw serviceError('NotFound', { kind: 'Registration', ident: uuid });
  if (record.state !== 'running' || !isWithConductor(record)) return verdictOf(record);
  const node = await nodeOf(deps, record);
  if (node === null) {
    const cause = 'The node was deleted while it was verified.';
    await failRegistration(deps, record, { step: record.step, cause });
  } else if (node.provision_state === 'enroll' && node.reservation === null) {
    const why = node.last_error ?? 'no cause is known.';
    const cause =
      record.step === 'firmware'
        ? why
        : `The BMC could not be reached at ${record.bmc_address ?? 'its address'} with the account that was set on it: ${why}`;
    await failRegistration(deps, record, { step: record.step, cause });
  } else if (node.provision_state !== 'enroll' && node.provision_state !== 'verifying') {
    await succeed(deps, record, node);
  }
  const after = await deps.store.registrations.get(uuid);
  return verdictOf(after ?? record);
}

async function succeed(deps: RegistrationDeps, record: RegistrationRecord, node: NodeRecord): Promise<void> {
  const finished_at = await deps.placement.dbNow();
  await deps.store.transaction(async (tables) => {
    const ended = { state: 'succeeded' as const, cause: null, finished_at };
    if ((await tables.registrations.update(record.uuid, ended, { state: 'running' })) === null) return;
    // It shuts itself down now: the power synchronisation must not take that for a failure and switch it on again.
    await tables.nodes.change(
      node.uuid,
      { power_state: 'power off' },
      { provision_state: 'manageable', reservation: null },
    );
  });
}

function nodeOf({ store }: RegistrationDeps, { node_uuid }: RegistrationRecord): Promise<NodeRecord | null> {
  return node_uuid === null ? Promise.resolve(null) : store.nodes.get(node_uuid);
}

/** @throws NotFound, also for another's secret: nobody learns which registrations there are */
async function ownRecord(
  { store }: RegistrationDeps,
  uuid: string,
  secret: string,
): Promise<RegistrationRecord> {
  const record = await store.registrations.get(uuid);
  if (record === null || !isSecret(secret, record.secret_hash))
    throw serviceError('NotFound', { kind: 'Registration', ident: uuid });
  return record;
}

const ACTIONS: Readonly<Record<RegistrationRecord['state'], RegistrationAction>> = {
  running: 'wait',
  succeeded: 'power-off',
  failed: 'stay',
};

function verdictOf({ state, step, cause }: RegistrationRecord): RegistrationVerdict {
  return { action: ACTIONS[state], step, cause };
}

/** Text of a machine as it may stand in records and messages: the end of it, without control characters but line breaks. */
function clean(text: string, most: number): string {
  return text
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .slice(-most)
    .trim();
}
