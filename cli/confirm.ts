import { CommandFailure } from './exit-codes.ts';
import type { Outside } from './outside.ts';
import { plainText } from './shown-text.ts';

/**
 * Has a person repeat the name of what is undone for good; of several, how many there are.
 * @param what what would be done to them, after "It": `ends …`
 * @throws CommandFailure usage: it was not repeated, or nobody can be asked and --yes was not given
 */
export async function confirm(
  what: string,
  targets: readonly string[],
  { ask, err }: Pick<Outside, 'ask' | 'err'>,
): Promise<void> {
  if (ask === null)
    throw new CommandFailure('usage', `It ${what}, and that cannot be undone: say so with --yes.`);
  const [one = ''] = targets;
  const wanted = targets.length === 1 ? one : String(targets.length);
  if (targets.length > 1)
    err(`${targets.slice(0, 20).map(plainText).join(', ')}${targets.length > 20 ? ' …' : ''}\n`);
  err(`It ${what}, and that cannot be undone.\n`);
  const which = targets.length === 1 ? '' : ` (how many they are)`;
  const typed = await ask(`Type ${plainText(wanted)}${which} to go on: `);
  if (typed.trim() !== wanted) throw new CommandFailure('usage', 'That is something else: nothing was done.');
}
