import type { NoticeSubscriptionRecord } from '../../lifecycle/notice.ts';
import { noticePause_ms } from '../../lifecycle/notice.ts';
import type { NoticeRecord } from '../../lifecycle/registration-records.ts';
import { createEgress } from '../../net/egress.ts';
import { openJsonHttp } from '../../net/json-http.ts';
import { isConfigured } from '../notices/add-notice.ts';
import { sendMail } from '../notices/mail.ts';
import { signatureHeaders } from '../notices/signature.ts';
import type { Periodic, PeriodicContext } from './periodic.ts';

const INTERVAL_S = 2;
const BATCH = 20;
const ANSWER_BYTES = 64 * 1024;
const WHY = 500;
const POOLS = 1000;

/** Sends the notices that are due. One that is not taken is tried again, then given up. */
export const noticeDelivery: Periodic = {
  name: 'notice-delivery',
  interval_s: () => INTERVAL_S,
  start: (ctx) => async () => {
    const { store } = ctx;
    const queued = await store.notices.list({
      where: { state: 'queued' },
      sort_key: 'next_at',
      limit: BATCH,
    });
    if (queued.length === 0 || ctx.signal.aborted) return;
    const now = await store.now();
    const due = queued.filter(({ next_at }) => next_at <= now);
    // At the same time: one that does not answer must not keep the others waiting.
    await Promise.all(due.map((notice) => deliver(ctx, notice, now)));
  },
};

async function deliver(ctx: PeriodicContext, notice: NoticeRecord, now: number): Promise<void> {
  const { attempts, outlet, uuid } = notice;
  const limits = ctx.settings.notices;
  const tried = attempts + 1;
  // Counted before it is sent: another conductor that looks now does not send it too.
  const mine = await ctx.store.notices.update(
    uuid,
    { attempts: tried, next_at: now + limits.timeout * 1000 + noticePause_ms(tried) },
    { attempts, state: 'queued' },
  );
  if (mine === null) return;
  const last_error = await send(ctx, notice, now);
  if (last_error === null) {
    await ctx.store.notices.update(uuid, { state: 'sent', sent_at: now, last_error: null });
    return;
  }
  const dead = tried >= limits.attempts;
  await ctx.store.notices.update(uuid, { last_error, ...(dead ? { state: 'dead' as const } : {}) });
  ctx.log.warn(
    { notice: uuid, outlet, attempts: tried, why: last_error },
    dead ? 'a notice was given up' : 'a notice was not taken',
  );
}

/** null: it was taken. Else why not; a URL, which may be a secret, is not in it. */
async function send(ctx: PeriodicContext, notice: NoticeRecord, now: number): Promise<string | null> {
  const { notices } = ctx.settings;
  const { outlet, subscription_uuid } = notice;
  const by = subscription_uuid === null ? null : await ctx.store.notice_subscriptions.get(subscription_uuid);
  if (subscription_uuid !== null && by === null) return 'The subscription was deleted.';
  if (by === null && !isConfigured(ctx.settings, outlet)) return 'This outlet is not configured any more.';
  const url = outlet === 'email' ? '' : (by?.target ?? notices[`${outlet}_url`]);
  try {
    if (outlet !== 'email') return await post(ctx, url, notice, by, now);
    if (notices.smtp_host === '') return 'The service has no SMTP server: [notices]smtp_host.';
    const { subject, text } = notice.payload as { subject: string; text: string };
    await sendMail(ctx.settings, {
      to: by === null ? notices.email_to : [by.target],
      subject,
      text,
      id: notice.uuid,
    });
    return null;
  } catch (error) {
    const { cause, message } = error as Error;
    const why = cause instanceof Error && cause.message !== '' ? cause.message : message;
    return (url === '' ? why : why.replaceAll(url, '(the URL)')).slice(0, WHY);
  }
}

async function post(
  ctx: PeriodicContext,
  url: string,
  { uuid, outlet, event, payload }: NoticeRecord,
  by: NoticeSubscriptionRecord | null,
  now: number,
): Promise<string | null> {
  const { timeout, webhook_secret } = ctx.settings.notices;
  // The operator's own URLs may lead anywhere; those of projects may not.
  const egress = by === null || by.project === null ? null : await egressOf(ctx);
  const barred = egress?.problemOfUrl(new URL(url)) ?? null;
  if (barred !== null) return barred;
  const http = openJsonHttp({
    ...{ cafile: '', timeout_s: timeout, connections: 1, most_bytes: ANSWER_BYTES },
    ...(egress === null ? {} : { lookup: egress.lookup }),
  });
  try {
    const secret = by === null ? webhook_secret : (by.secrets.secret ?? '');
    const signed = outlet === 'webhook' && secret !== '';
    const headers = {
      ...(outlet === 'webhook' ? { 'x-kurogane-delivery': uuid, 'x-kurogane-event': event } : {}),
      ...(signed ? signatureHeaders(secret, Math.floor(now / 1000), JSON.stringify(payload)) : {}),
    };
    const { status } = await http.request('POST', url, { body: payload, headers });
    return status < 300 ? null : `HTTP status ${status}`;
  } finally {
    await http.close();
  }
}

/** What projects' URLs may lead to: nothing of the networks that BMCs are on. */
async function egressOf({ settings, store }: PeriodicContext): Promise<ReturnType<typeof createEgress>> {
  const pools = await store.ip_pools.list({ where: { purpose: 'bmc' }, limit: POOLS });
  return createEgress(
    settings.notices.allowed_networks,
    pools.map(({ network }) => network),
  );
}
