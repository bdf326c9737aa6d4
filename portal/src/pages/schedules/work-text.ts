import { hasText, type Say } from '../../text/text.ts';

/** The work of a schedule as people call it: a tool by its name, a runbook by its own. */
export function workText(what: string, say: Say): string {
  const key = `tool.${what}`;
  return hasText(key) ? say(key) : what;
}
