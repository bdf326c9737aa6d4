import { stringify } from 'yaml';
import { OPTIONS, type Option, type Settings } from '../config/options.ts';

/** The settings as YAML, for people; a secret that is set shows as `***`. */
export function shownSettings(settings: Settings): string {
  const shown: Record<string, Record<string, unknown>> = {};
  for (const [group, options] of Object.entries(OPTIONS) as [keyof Settings, Record<string, Option>][]) {
    const values = settings[group] as Record<string, unknown>;
    shown[group] = Object.fromEntries(
      Object.entries(options).map(([key, option]) => {
        const secret = option.type === 'string' && option.secret === true && values[key] !== '';
        return [key, secret ? '***' : values[key]];
      }),
    );
  }
  return stringify(shown).trimEnd();
}
