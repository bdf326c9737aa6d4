import type { Attempt, Coded, ServerDetail, ToolView } from '../api/types.ts';
import { hasText, type Say, type Values } from './text.ts';

/** Why a tool cannot be used now; null: it can. */
export function refusalText(
  { refusal, reason }: Pick<ToolView, 'refusal' | 'reason'>,
  say: Say,
  language: string,
): string | null {
  if (refusal === null) return reason;
  const { by = '', until = '', why = '' } = refusal.values;
  const more = [
    by,
    until === '' ? '' : say('told.until', { until: new Date(until).toLocaleString(language) }),
    why,
  ].filter((one) => one !== '');
  return [textOf('refusal', refusal, reason, say), ...more].join(' · ');
}

/** Why a person has to look after the server. */
export function attentionTexts(
  { attention_codes, attention_reasons }: Pick<ServerDetail, 'attention_codes' | 'attention_reasons'>,
  say: Say,
): string[] {
  return attention_codes.map((code, index) => textOf('reason', code, attention_reasons[index] ?? null, say));
}

/** What somebody should do now because of an attempt; null: nothing. */
export function nextText({ next_code, next_action }: Attempt, say: Say): string | null {
  if (next_code === null) return next_action;
  const { values } = next_code;
  return [
    textOf('next', next_code, next_action, say),
    ...(values.maintenance === 'true' ? [say('next.maintenance')] : []),
    ...(values.verbs === undefined || values.verbs === '' ? [] : [say('next.verbs', values)]),
  ].join(' ');
}

/** @param text what the service says, for codes that came later than this page */
function textOf(kind: string, { code, values }: Coded, text: string | null, say: Say): string {
  const key = `${kind}.${code}`;
  return hasText(key) ? say(key, named(values, say)) : (text ?? code);
}

/** Names of stages in the language of the page. */
function named(values: Readonly<Record<string, string>>, say: Say): Values {
  const stages = (names: string): string =>
    names
      .split(', ')
      .map((name) => (hasText(`stage.${name}`) ? say(`stage.${name}` as 'stage.building') : name))
      .join(', ');
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, name.startsWith('stage') ? stages(value) : value]),
  );
}
