import type { EpochMs, Stored } from './records.ts';
import type { ServerRecord } from './server-record.ts';
import { refusalOf, type ToolSide } from './tools.ts';

/** The serial port, as bytes; or screen, keyboard and mouse, as RFB (RFC 6143). */
export const CONSOLE_TYPES = ['serial', 'graphical'] as const;
export type ConsoleType = (typeof CONSOLE_TYPES)[number];

/** Where consoles are opened, below the address of whoever serves them. */
export const CONSOLE_PATH = '/console';
/** The websocket that consoles are opened by, without a ticket; null: nobody serves them. @param settings `[gateway]` Pure. */
export function consoleAddress(settings: {
  console_endpoint: string;
  public_endpoint: string;
}): string | null {
  const base = settings.console_endpoint || settings.public_endpoint.replace(/^http/, 'ws');
  return base === '' ? null : `${base.replace(/\/+$/, '')}${CONSOLE_PATH}`;
}
/** How long a ticket is good for, once. */
export const TICKET_MS = 60_000;
/** Of one server: tickets that were not used yet, and consoles that are open. */
export const CONSOLES_OF_A_SERVER = 16;
/** A console that nobody has seen open for so long is not: whoever served it is gone. */
export const UNSEEN_MS = 90_000;

/**
 * - `waiting`: its ticket was given and not used.
 * - `open`: somebody looks at it.
 * - `closed`: for good; `why` says by what.
 */
export type ConsoleState = 'waiting' | 'open' | 'closed';

/** A console of a server that somebody may open once, has open, or had. */
export interface ConsoleRecord extends Stored {
  uuid: string;
  server_uuid: string;
  type: ConsoleType;
  /** Who may see it, and what the server has to belong to; null: the provider's. */
  project: string | null;
  user: string | null;
  side: ToolSide;
  /** What is typed goes nowhere. */
  read_only: boolean;
  /** Somebody else who has the serial port loses it. */
  take_over: boolean;
  /** SHA-256 of the ticket, in hex. */
  ticket_hash: string;
  state: ConsoleState;
  /** End of the ticket. */
  expires_at: EpochMs;
  opened_at: EpochMs | null;
  /** When whoever serves it last said that it is open. */
  seen_at: EpochMs | null;
  closed_at: EpochMs | null;
  why: string | null;
}

/** Where a conductor gives other processes the serial ports that it has open. */
export interface ConsoleLinkRecord extends Stored {
  uuid: string;
  /** Its host name. */
  conductor: string;
  address: string;
  port: number;
  /** Who has the secret is one of ours; a conductor makes another one when it starts. */
  access: { secret: string };
}

/** Why nobody may look through a console any more; null: they may. Pure. */
export function consoleProblem(
  record: Pick<ConsoleRecord, 'state' | 'side' | 'project'>,
  server: ServerRecord | null,
): string | null {
  if (record.state === 'closed') return 'The console was closed.';
  if (server === null) return 'The server is gone.';
  if (record.side === 'customer' && server.lessee !== record.project && server.owner !== record.project)
    return 'The server is no longer the project’s.';
  return refusalOf('console', { ...server, busy: false }, record.side)?.text ?? null;
}

/** The state as it is now: a ticket may have run out, and whoever served a console may be gone. Pure. */
export function consoleState(
  { state, expires_at, seen_at }: Pick<ConsoleRecord, 'state' | 'expires_at' | 'seen_at'>,
  now: EpochMs,
): ConsoleState {
  if (state === 'waiting') return expires_at <= now ? 'closed' : 'waiting';
  return state === 'open' && (seen_at ?? 0) + UNSEEN_MS < now ? 'closed' : state;
}
