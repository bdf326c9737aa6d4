import type { Json, JsonObject } from '../lifecycle/json.ts';
import type { ExitName } from './exit-codes.ts';

/** One part of work, as a line of its progress. */
export interface WorkPart {
  name: string;
  /** In a word or two. */
  state: string;
  /** null: not over yet. */
  well: boolean | null;
  /** Why, or how far. */
  note?: string;
}

/** Where work is. */
export interface WorkState {
  parts: readonly WorkPart[];
  /** null: not over yet; else how it ended, and a sentence about it. */
  over: { exit: ExitName; text: string } | null;
  /** What is shown of it in the end. */
  body: Json;
}

/** Asks the API with GET. @throws CommandFailure */
export type Ask = (path: string) => Promise<Json>;

/** Work that was begun. */
export interface Work {
  /** Asks where it is. */
  look(ask: Ask): Promise<WorkState>;
  /** The command that tells where it is. */
  shown_by: string;
}

/** The answer to the command that began it. */
export interface Begun {
  body: JsonObject;
  request_id: string | null;
  /** Arguments of the command's path. */
  params: Readonly<Record<string, string>>;
}

/** How `--wait` watches the work of a command. */
export type WaitRow = (begun: Begun) => Work;

/** Names of servers by their uuids, each asked for once; the uuid where there is none, or the caller may not see it. */
export function serverNames(): (ask: Ask, uuids: readonly string[]) => Promise<(uuid: string) => string> {
  const known = new Map<string, string>();
  return async (ask, uuids) => {
    const asked = [...new Set(uuids)].filter((uuid) => !known.has(uuid));
    await Promise.all(
      asked.map(async (uuid) => {
        const server = (await ask(`/v1/servers/${encodeURIComponent(uuid)}`).catch(
          () => null,
        )) as JsonObject | null;
        known.set(uuid, typeof server?.name === 'string' && server.name !== '' ? server.name : uuid);
      }),
    );
    return (uuid) => known.get(uuid) ?? uuid;
  };
}

/** The end of work of many parts. Pure. */
export function endOf(what: string, parts: readonly WorkPart[]): { exit: ExitName; text: string } {
  const failed = parts.filter(({ well }) => well === false);
  const exit = failed.length === 0 ? 'done' : failed.length < parts.length ? 'partly_failed' : 'work_failed';
  const causes = failed.slice(0, MOST_CAUSES).map(({ name, state, note }) => `  ${name}: ${note ?? state}`);
  const more = failed.length > MOST_CAUSES ? [`  and ${failed.length - MOST_CAUSES} more`] : [];
  const text = [
    `${what}${failed.length === 0 ? '' : `: ${failed.length} of ${parts.length} failed`}.`,
    ...causes,
    ...more,
  ];
  return { exit, text: text.join('\n') };
}

const MOST_CAUSES = 20;
