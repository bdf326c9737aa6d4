import type { Settings } from '../../config/options.ts';
import type { New, Tables } from '../../db/store.ts';
import { NOTICE_BODIES, type Notice, OUTLETS, type Outlet, wants } from '../../lifecycle/notice.ts';
import type { NoticeRecord } from '../../lifecycle/registration-records.ts';

/** Whether the settings name where an outlet of the provider leads. */
export const isConfigured = ({ notices }: Pick<Settings, 'notices'>, outlet: Outlet): boolean =>
  outlet === 'email'
    ? notices.smtp_host !== '' && notices.email_to.length > 0
    : notices[`${outlet}_url`] !== '';

/**
 * Keeps a notice for every outlet that is configured and every subscription that wants it, in the transaction of what it tells of; a
 * periodic task of the conductors delivers it. Whoever was told of the subject already is not told again.
 * @throws AlreadyExists: another process tells it just now
 */
export async function addNotice(
  tables: Pick<Tables, 'notices' | 'notice_subscriptions'>,
  settings: Pick<Settings, 'notices'>,
  now_ms: number,
  notice: Notice,
): Promise<void> {
  const { event, severity, project, subject_key, facts } = notice;
  const about = facts.server_uuid ?? facts.node_uuid;
  const server_uuid = typeof about === 'string' ? about : null;
  const common = { event, severity, project, server_uuid, next_at: now_ms };
  if (notice.to !== 'project')
    for (const outlet of OUTLETS) {
      if (!isConfigured(settings, outlet)) continue;
      await tell(tables, { ...common, outlet, subject_key, payload: NOTICE_BODIES[outlet](notice) });
    }
  const of = project === null ? [null] : [null, project];
  for (const subscription of await tables.notice_subscriptions.list({ where: { project: of } })) {
    if (!wants(subscription, notice)) continue;
    const { uuid, outlet } = subscription;
    await tell(tables, {
      ...{ ...common, outlet, subscription_uuid: uuid, audience: subscription.project },
      ...{ subject_key: `${subject_key}#${uuid}`, payload: NOTICE_BODIES[outlet](notice) },
    });
  }
}

async function tell(
  { notices }: Pick<Tables, 'notices'>,
  notice: New<NoticeRecord> & Pick<NoticeRecord, 'outlet' | 'subject_key'>,
): Promise<void> {
  const { outlet, subject_key } = notice;
  if ((await notices.count({ outlet, subject_key })) === 0) await notices.create(notice);
}
