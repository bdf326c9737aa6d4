import { noticePause_ms, OUTLETS } from '../../lifecycle/notice.ts';
import type { NoticeRecord } from '../../lifecycle/registration-records.ts';
import { openJsonHttp } from '../../net/json-http.ts';
import type { Periodic, PeriodicContext } from './periodic.ts';

const INTERVAL_S = 2;
const BATCH = 20;
const ANSWER_BYTES = 64 * 1024;
const WHY = 500;

/** Posts the notices that are due. One that is not taken is tried again, then given up. */
export const noticeDelivery: Periodic = {
  name: 'notice-delivery',
  interval_s: ({ settings: { notices } }) =>
    OUTLETS.some((outlet) => notices[`${outlet}_url`] !== '') ? INTERVAL_S : 0,
  start: (ctx) => async () => {
    const { store } = ctx;
    const now = await store.now();
    const queued = await store.notices.list({
      where: { state: 'queued' },
      sort_key: 'next_at',
      limit: BATCH,
    });
    for (const notice of queued) {
      if (notice.next_at > now || ctx.signal.aborted) continue;
      await deliver(ctx, notice, now);
    }
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
  const last_error = await post(limits[`${outlet}_url`], limits.timeout, notice);
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

/** null: it was taken. Else why not; the URL, which is a secret, is not in it. */
async function post(url: string, timeout_s: number, { payload }: NoticeRecord): Promise<string | null> {
  if (url === '') return 'This outlet is not configured any more.';
  try {
    const http = openJsonHttp({ cafile: '', timeout_s, connections: 1, most_bytes: ANSWER_BYTES });
    try {
      const { status } = await http.request('POST', url, { body: payload });
      return status < 300 ? null : `HTTP status ${status}`;
    } finally {
      await http.close();
    }
  } catch (error) {
    const { cause, message } = error as Error;
    const why = cause instanceof Error && cause.message !== '' ? cause.message : message;
    return why.replaceAll(url, '(the URL)').slice(0, WHY);
  }
}
