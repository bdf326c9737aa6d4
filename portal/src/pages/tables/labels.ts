import { hasText, type Say } from '../../text/text.ts';
import type { NamedWidget } from './widgets.ts';

/** What a field is called. One that the portal has no word for has the API's. */
export function fieldLabel(name: string, say: Say): string {
  const key = `field.${name}`;
  return hasText(key) ? say(key) : name;
}

/** What is to be known of a field: in the portal's words, or the document's. */
export function fieldHelp({ name, widget, description }: NamedWidget, say: Say): string | undefined {
  const key = `hint.${name}`;
  if (hasText(key)) return say(key);
  if (description !== undefined) return description;
  if (widget.kind === 'json') return say('table.json');
  return widget.kind === 'words' ? say('table.lines') : undefined;
}

/** A value of a choice, in the portal's words where it has some. */
export function valueLabel(value: string, say: Say): string {
  if (value === '') return '–';
  const key = `value.${value}`;
  return hasText(key) ? say(key) : value;
}
