import type { Option } from './options.ts';

/** A value of the option's type, or what is wrong with the one given. The text never repeats a secret. */
export type Parsed = { value: string | number | boolean | readonly string[] } | { problem: string };

const FLAGS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
};

/** Checks `given` (from YAML, JSON or an environment variable) against `option`. */
export function parseOption(option: Option, given: unknown): Parsed {
  if (option.type === 'string') return parseText(option, given);
  if (option.type === 'integer') return parseInteger(option, given);
  if (option.type === 'boolean') return parseFlag(given);
  return parseList(given);
}

/** What values the option takes, in words: for messages and for the documentation. */
export function allowedValues(option: Option): string {
  if (option.type === 'string') {
    return option.choices === undefined ? 'text' : `one of ${option.choices.join(', ')}`;
  }
  if (option.type === 'boolean') return 'true or false';
  if (option.type === 'list') return 'a list of texts';
  const { min, max } = option;
  if (min !== undefined && max !== undefined) return `a whole number from ${min} to ${max}`;
  if (min !== undefined) return `a whole number, at least ${min}`;
  return max === undefined ? 'a whole number' : `a whole number, at most ${max}`;
}

function parseText(option: Extract<Option, { type: 'string' }>, given: unknown): Parsed {
  if (typeof given !== 'string') {
    return {
      problem: `must be ${allowedValues(option)}, not ${kindOf(given)}; quote it if it looks like one.`,
    };
  }
  if (option.choices !== undefined && !option.choices.includes(given)) {
    return { problem: `must be ${allowedValues(option)}${shown(option, given)}.` };
  }
  return { value: given };
}

function parseInteger(option: Extract<Option, { type: 'integer' }>, given: unknown): Parsed {
  const value = typeof given === 'string' && /^[+-]?\d{1,15}$/.test(given.trim()) ? Number(given) : given;
  const problem = { problem: `must be ${allowedValues(option)}${shown(option, given)}.` };
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return problem;
  if (option.min !== undefined && value < option.min) return problem;
  if (option.max !== undefined && value > option.max) return problem;
  return { value };
}

function parseFlag(given: unknown): Parsed {
  if (typeof given === 'boolean') return { value: given };
  const word = typeof given === 'string' ? given.trim().toLowerCase() : '';
  if (Object.hasOwn(FLAGS, word)) return { value: FLAGS[word] === true };
  return { problem: `must be true or false, not ${kindOf(given)}.` };
}

function parseList(given: unknown): Parsed {
  const items: unknown = typeof given === 'string' ? given.split(',') : given;
  if (!Array.isArray(items)) return { problem: `must be a list of texts, not ${kindOf(given)}.` };
  const texts: string[] = [];
  for (const item of items as unknown[]) {
    if (typeof item !== 'string' && typeof item !== 'number') {
      return { problem: `must be a list of texts; one item is ${kindOf(item)}.` };
    }
    const text = String(item).trim();
    if (text !== '') texts.push(text);
  }
  return { value: texts };
}

function shown(option: Option, given: unknown): string {
  const secret = option.type === 'string' && option.secret === true;
  if (secret || (typeof given !== 'string' && typeof given !== 'number')) return `, not ${kindOf(given)}`;
  return `, not ${JSON.stringify(given).slice(0, 80)}`;
}

function kindOf(given: unknown): string {
  if (given === null || given === undefined) return 'nothing';
  if (Array.isArray(given)) return 'a list';
  if (typeof given === 'object') return 'a group of keys';
  if (typeof given === 'boolean') return `${given}`;
  return typeof given === 'number' ? 'a number' : 'a text';
}
