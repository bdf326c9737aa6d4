import { createContext, Script } from 'node:vm';
import { RuleFailure } from './rule-failure.ts';

/** Longest time that one expression may take: a bad one must not hold the conductor. */
const LIMIT_MS = 250;

const SEARCH = new Script('new RegExp(source, flags).test(text)');

/**
 * Whether a Python regular expression is found in `text`; `at_start`: it has to begin there, as with re.match.
 * @throws RuleFailure when it is no expression, or takes too long
 */
export function pythonSearch(pattern: string, text: string, at_start: boolean): boolean {
  const { source, flags } = translated(pattern);
  const context = createContext({ source, flags: at_start ? `${flags}y` : flags, text });
  try {
    return SEARCH.runInContext(context, { timeout: LIMIT_MS }) === true;
  } catch (error) {
    const late = (error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    throw new RuleFailure(
      late ? 'a regular expression took too long.' : 'a regular expression is not valid.',
    );
  }
}

/** Python's spellings that JavaScript has others for. */
function translated(pattern: string): { source: string; flags: string } {
  const [inline = '', letters = ''] = /^\(\?([aimsu]+)\)/.exec(pattern) ?? [];
  const source = pattern
    .slice(inline.length)
    .replaceAll('(?P<', '(?<')
    .replaceAll(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replaceAll(/(?<!\\)((?:\\\\)*)\\A/g, '$1^')
    .replaceAll(/(?<!\\)((?:\\\\)*)\\Z/g, '$1$');
  return { source, flags: [...new Set(letters)].filter((letter) => 'ims'.includes(letter)).join('') };
}
