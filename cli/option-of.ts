import { Option } from 'commander';
import type { OptionRow } from './command-row.ts';
import { flagOf } from './request-parts.ts';

/** What a value is called in the help, by the end of the field's name. */
const UNITS: readonly [end: RegExp, value: string][] = [
  [/_s$/, 'seconds'],
  [/^days$/, 'days'],
  [/_bytes$/, 'bytes'],
  [/_at$|^since$|_?until$|_from$|^end_of_/, 'time'],
  [/_url$/, 'url'],
];

/** An option of a command line, made of its row. */
export function optionOf(row: OptionRow): Option {
  const { name, kind, help, choices, required, preset } = row;
  const value = VALUES[kind] ?? ` <${placeholderOf(row)}>`;
  const option = new Option(`${flagOf(name)}${value}`, required === true ? `${help} (required)` : help);
  if (choices !== undefined) option.choices(choices);
  if (required === true) option.makeOptionMandatory();
  if (preset !== undefined) option.default(preset);
  return option;
}

const VALUES: Readonly<Partial<Record<OptionRow['kind'], string>>> = {
  switch: '',
  list: ' <value...>',
  secret: ' <@file>',
  json: ' <json>',
  document: ' <text|@file>',
};

function placeholderOf({ name, kind, help, of, choices }: OptionRow): string {
  if (of !== undefined) return of.replaceAll('_', '-');
  if (help.startsWith('URL ')) return 'url';
  const unit = UNITS.find(([end]) => end.test(name))?.[1];
  return unit ?? (kind === 'integer' ? 'number' : choices === undefined ? 'text' : 'choice');
}
