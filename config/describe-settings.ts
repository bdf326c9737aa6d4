import { envName } from './load-settings.ts';
import { OPTIONS, type Option } from './options.ts';
import { allowedValues } from './parse-option.ts';

const GROUPS: Readonly<Record<string, Readonly<Record<string, Option>>>> = OPTIONS;

/** First and last line of the chapter in docs/operating.md that is made from OPTIONS. */
export const SETTINGS_MARKERS = {
  start: '<!-- settings: made from config/options.ts by npm run settings; do not edit -->',
  end: '<!-- settings: end -->',
} as const;

/** Every setting as plain text, for `kurogane --help`: one line for the key, one for the facts. */
export function describeSettings(): string {
  const lines: string[] = [];
  for (const [group, options] of Object.entries(GROUPS)) {
    lines.push(`[${group}]`);
    for (const [key, option] of Object.entries(options)) {
      lines.push(`  ${key}   ${option.description}`);
      lines.push(`      ${allowedValues(option)}; default ${defaultOf(option)}; ${envName(group, key)}`);
    }
    lines.push('');
  }
  return lines.join('\n');
}

/** Every setting as Markdown: one table per group, between the markers. */
export function settingsChapter(): string {
  const lines: string[] = [SETTINGS_MARKERS.start];
  for (const [group, options] of Object.entries(GROUPS)) {
    lines.push('', `### [${group}]`, '', '| key | meaning | allowed | default |', '|---|---|---|---|');
    for (const [key, option] of Object.entries(options)) {
      const secret = option.type === 'string' && option.secret === true ? ' Secret.' : '';
      const cells = [
        `\`${key}\``,
        option.description + secret,
        allowedValues(option),
        `\`${defaultOf(option)}\``,
      ];
      lines.push(`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
    }
  }
  lines.push('', SETTINGS_MARKERS.end);
  return lines.join('\n');
}

/**
 * `page` with its settings chapter made anew; a page without the markers gets the chapter at its end.
 * @throws Error when only one of the markers is there.
 */
export function withSettingsChapter(page: string): string {
  const start = page.indexOf(SETTINGS_MARKERS.start);
  const end = page.indexOf(SETTINGS_MARKERS.end);
  if (start < 0 && end < 0) return `${page.trimEnd()}\n\n## Settings\n\n${settingsChapter()}\n`;
  if (start < 0 || end < start) throw new Error('One of the settings markers is missing or misplaced.');
  return page.slice(0, start) + settingsChapter() + page.slice(end + SETTINGS_MARKERS.end.length);
}

function defaultOf(option: Option): string {
  if (option.type === 'list') return option.default.length === 0 ? '(empty)' : option.default.join(',');
  return option.default === '' ? '(empty)' : String(option.default);
}
