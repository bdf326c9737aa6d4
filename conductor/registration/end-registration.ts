import type { Tables } from '../../db/store.ts';
import { isUnproved, withUpdates } from '../../lifecycle/firmware-updates.ts';
import type { Notice } from '../../lifecycle/notice.ts';
import type { RegistrationRecord, RegistrationStep } from '../../lifecycle/registration-records.ts';
import { addNotice } from '../notices/add-notice.ts';
import type { RegistrationDeps } from './registration-deps.ts';

export interface RegistrationFailure {
  step: RegistrationStep;
  cause: string;
  log_tail?: string | null;
  /** Nobody said that it failed: nothing was heard any more. */
  silent?: boolean;
}

/** How `last_error` of the node tells it. */
export const failureText = ({ step, cause }: RegistrationFailure): string =>
  `Registration failed at ${step}: ${cause}`;

/** Of a log, in a message. */
const LINES = 8;
const LINE = 200;

/** The end of a log, as a message has room for it. */
function lastLines(log: string): string {
  return log
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-LINES)
    .map((line) => line.slice(0, LINE))
    .join('\n');
}

/** What people are told of a server that stays on. */
export function failureNotice(record: RegistrationRecord): Notice {
  const { address, cause, manufacturer, node_uuid, product_name, serial_number, step, system_uuid, uuid } =
    record;
  const name = [manufacturer, product_name, serial_number].filter(Boolean).join(' ');
  const reach = address === null ? '' : ` Reach it by: ssh root@${address}`;
  const log_tail = lastLines(record.log_tail ?? '');
  const said = log_tail === '' ? '' : `\nIts last words:\n${log_tail}`;
  return {
    event: 'registration.failed',
    severity: 'error',
    project: null,
    subject_key: `registration.failed:${uuid}`,
    text: `The registration of ${name || 'a server'} (${system_uuid}) failed at ${step}: ${cause ?? ''} It was left powered on.${reach}${said}`,
    facts: {
      ...{ registration_uuid: uuid, system_uuid, node_uuid, serial_number },
      ...{ step, cause, address, log_tail },
    },
  };
}

/**
 * Ends a registration that runs as failed: the record, the node's last_error and a notice in one transaction.
 * False: it did not run any more.
 */
export async function failRegistration(
  deps: RegistrationDeps,
  { firmware, uuid }: Pick<RegistrationRecord, 'uuid' | 'firmware'>,
  failure: RegistrationFailure,
): Promise<boolean> {
  const now = await deps.placement.dbNow();
  return deps.store.transaction(async (tables) => {
    const { step, cause, log_tail } = failure;
    const changes = { state: 'failed' as const, step, cause, finished_at: now };
    // Whoever starts the server again wants them done anew. Those of one that fell silent may have been made: its versions will tell.
    const undone =
      step === 'firmware' && failure.silent !== true
        ? { firmware: withUpdates(firmware, isUnproved, { state: 'failed' }) }
        : {};
    const record = await tables.registrations.update(
      uuid,
      { ...changes, ...undone, ...(log_tail === undefined ? {} : { log_tail }) },
      { state: 'running' },
    );
    if (record === null) return false;
    if (record.node_uuid !== null)
      await tables.nodes.change(
        record.node_uuid,
        { last_error: failureText(failure) },
        { provision_state: 'enroll', reservation: null },
      );
    await addNotice(tables, deps.settings, now, failureNotice(record));
    return true;
  });
}

/** Ends earlier attempts of a server that began anew. Nobody is told: the new attempt tells how it goes. */
export async function endEarlier(
  tables: Pick<Tables, 'registrations'>,
  system_uuid: string,
  now: number,
  but: string | null = null,
): Promise<void> {
  const running = await tables.registrations.list({
    where: { system_uuid, state: 'running' },
    fields: ['uuid'],
  });
  for (const { uuid } of running) {
    if (uuid === but) continue;
    await tables.registrations.update(
      uuid,
      { state: 'failed', cause: 'The server began to register anew.', finished_at: now },
      { state: 'running' },
    );
  }
}
