import type { Json, JsonObject } from '../lifecycle/json.ts';
import { CommandFailure, EXIT_CODES, type ExitName } from './exit-codes.ts';
import type { Outside } from './outside.ts';

/** What came of one of several. */
export interface Outcome {
  target: string;
  exit: ExitName;
  /** Why not; '': it was done. */
  message: string;
  /** The answer; null: there is none. */
  body: Json;
}

const MOST_TARGETS = 10_000;

/** What is named on the command line; `-` stands for the words of standard input. @throws CommandFailure usage */
export async function targetsOf(
  args: readonly string[],
  { readFile }: Pick<Outside, 'readFile'>,
): Promise<string[]> {
  if (!args.includes('-')) return [...new Set(args)];
  const text = await readFile('-');
  const words = text.split(/\s+/).filter((word) => word !== '');
  const all = [...new Set(args.flatMap((arg) => (arg === '-' ? words : [arg])))];
  if (all.length === 0)
    throw new CommandFailure('usage', 'Standard input names nothing: give names or uuids, one a line.');
  if (all.length > MOST_TARGETS)
    throw new CommandFailure('usage', `${all.length} at once are too many: give at most ${MOST_TARGETS}.`);
  return all;
}

/** The exit of several: that of all, where they agree. Pure. */
export function exitOfAll(outcomes: readonly Outcome[]): ExitName {
  const exits = new Set(outcomes.map(({ exit }) => exit));
  const [one] = exits;
  if (exits.size <= 1) return one ?? 'done';
  return exits.has('done') || exits.has('partly_failed') ? 'partly_failed' : 'failed';
}

/** All of them as one answer, of which a table, JSON and YAML are made. Pure. */
export function outcomesBody(param: string, outcomes: readonly Outcome[]): JsonObject {
  return {
    results: outcomes.map(({ target, exit, message, body }) => ({
      [param]: target,
      result: exit,
      code: EXIT_CODES[exit].code,
      message,
      answer: body,
    })),
  };
}
