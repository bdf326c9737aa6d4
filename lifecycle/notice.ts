import type { JsonObject } from './json.ts';
import type { NoticeRecord } from './registration-records.ts';

export const OUTLETS = ['slack', 'webhook'] as const;
export type Outlet = NoticeRecord['outlet'];

/** What people are told of. */
export interface Notice extends Pick<NoticeRecord, 'event' | 'severity' | 'project'> {
  /** The same event of the same subject is told once. */
  subject_key: string;
  /** In one paragraph, for people. */
  text: string;
  /** For programs. */
  facts: JsonObject;
}

const SIGNS: Readonly<Record<NoticeRecord['severity'], string>> = {
  info: ':information_source:',
  warning: ':warning:',
  error: ':rotating_light:',
};

/** What is posted to each outlet. Slack reads &, < and > as mark-up. */
export const NOTICE_BODIES: Readonly<Record<Outlet, (notice: Notice) => JsonObject>> = {
  slack: ({ severity, text }) => ({
    text: `${SIGNS[severity]} ${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}`,
  }),
  webhook: ({ event, severity, text, facts }) => ({ event, severity, text, ...facts }),
};

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 600_000;

/** Time until a notice is tried again after `attempts` tries. */
export function noticePause_ms(attempts: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempts - 1, 20));
}
