import type { Settings } from '../../config/options.ts';
import type { Tables } from '../../db/store.ts';
import { NOTICE_BODIES, type Notice, OUTLETS } from '../../lifecycle/notice.ts';

/**
 * Keeps a notice for every outlet that is configured, in the transaction of what it tells of; a periodic task of the conductors
 * delivers it. The subject must be told of for the first time.
 * @throws AlreadyExists
 */
export async function addNotice(
  tables: Pick<Tables, 'notices'>,
  { notices }: Pick<Settings, 'notices'>,
  now_ms: number,
  notice: Notice,
): Promise<void> {
  const { event, severity, project, subject_key } = notice;
  for (const outlet of OUTLETS) {
    if (notices[`${outlet}_url`] === '') continue;
    const payload = NOTICE_BODIES[outlet](notice);
    await tables.notices.create({ outlet, event, severity, project, subject_key, payload, next_at: now_ms });
  }
}
