import type { JsonObject } from './json.ts';
import type { Stored } from './records.ts';
import type { NoticeRecord } from './registration-records.ts';

export const SEVERITIES = ['info', 'warning', 'error'] as const;
export type Severity = NoticeRecord['severity'];

/** Outlets of the provider that the settings name. */
export const OUTLETS = ['slack', 'webhook', 'email'] as const;
export type Outlet = NoticeRecord['outlet'];

/** Where notices go that somebody asked for. */
export interface NoticeSubscriptionRecord extends Stored {
  uuid: string;
  name: string;
  /** Whose it is: it gets what concerns this project. null: the provider's, which gets everything. */
  project: string | null;
  outlet: 'webhook' | 'email';
  /** A URL, or an address. */
  target: string;
  /** The least one. */
  severity: Severity;
  /** Events, or their beginnings, such as `server.`; none: all. */
  events: string[];
  /** `{secret}`: what a webhook is signed with. */
  secrets: { secret?: string };
  enabled: boolean;
}

/** What people are told of. */
export interface Notice extends Pick<NoticeRecord, 'event' | 'severity'> {
  /** Whom it concerns; null: the provider alone. */
  project: string | null;
  /** Who is told. `all`: the project and the provider. */
  to?: 'all' | 'project';
  /** The same event of the same subject is told once. */
  subject_key: string;
  /** In one paragraph, for people. */
  text: string;
  /** For programs. */
  facts: JsonObject;
}

const SIGNS: Readonly<Record<Severity, string>> = {
  info: ':information_source:',
  warning: ':warning:',
  error: ':rotating_light:',
};

/** What goes to each outlet. Slack reads &, < and > as mark-up. */
export const NOTICE_BODIES: Readonly<Record<Outlet, (notice: Notice) => JsonObject>> = {
  slack: ({ severity, text }) => ({
    text: `${SIGNS[severity]} ${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}`,
  }),
  webhook: ({ event, severity, text, facts }) => ({ event, severity, text, ...facts }),
  email: ({ event, severity, text, facts }) => ({
    subject: `[${severity}] ${event}: ${text.replace(/\s+/g, ' ').slice(0, 100)}`,
    text: `${text}\n\n${Object.entries(facts)
      .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join('\n')}\n`,
  }),
};

/** Whether a subscription wants a notice. Pure. */
export function wants(
  { project, severity, events, enabled }: NoticeSubscriptionRecord,
  notice: Pick<Notice, 'project' | 'to' | 'event' | 'severity'>,
): boolean {
  if (!enabled || SEVERITIES.indexOf(notice.severity) < SEVERITIES.indexOf(severity)) return false;
  if (
    events.length > 0 &&
    !events.some((one) => notice.event === one || (one.endsWith('.') && notice.event.startsWith(one)))
  )
    return false;
  return project === null ? notice.to !== 'project' : project === notice.project;
}

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 600_000;

/** Time until a notice is tried again after `attempts` tries. */
export function noticePause_ms(attempts: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempts - 1, 20));
}
