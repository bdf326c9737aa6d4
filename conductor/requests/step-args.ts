import { isObject, type Json, type JsonObject } from '../../lifecycle/json.ts';

/** What one argument of a step may be. */
export interface StepArgument {
  required?: true;
  /** Why a value is wrong, in words that follow the argument's name; null: it is not. Pure. */
  check(value: Json): string | null;
}

export type StepArguments = Readonly<Record<string, StepArgument>>;

/** What is wrong with the arguments of a step, in words for the client. */
export function argumentProblems(name: string, known: StepArguments, args: JsonObject): string[] {
  const missing = Object.entries(known)
    .filter(([key, argument]) => argument.required === true && args[key] === undefined)
    .map(([key]) => `The step ${name} needs the argument ${key}.`);
  const wrong = Object.entries(args).flatMap(([key, value]) => {
    const argument = Object.hasOwn(known, key) ? known[key] : undefined;
    if (argument === undefined) {
      const names = Object.keys(known).join(', ') || 'none';
      return [`The step ${name} has no argument ${key}. It has: ${names}.`];
    }
    const why = argument.check(value);
    return why === null ? [] : [`The argument ${key} of the step ${name} ${why}.`];
  });
  return [...missing, ...wrong];
}

export const FLAG: StepArgument = {
  check: (value) => (typeof value === 'boolean' ? null : 'must be true or false'),
};

export const TEXT: StepArgument = {
  check: (value) => (typeof value === 'string' && value !== '' ? null : 'must be a text that is not empty'),
};

export function oneOf(words: readonly string[]): StepArgument {
  return {
    check: (value) => (words.some((word) => word === value) ? null : `must be one of ${words.join(', ')}`),
  };
}

/** A list of objects, each judged by `problem`. */
export function listOf(problem: (each: JsonObject) => string | null): StepArgument {
  return {
    check: (value) => {
      if (!Array.isArray(value) || value.length === 0) return 'must be a list that is not empty';
      if (!value.every(isObject)) return 'must be a list of objects';
      return value.map(problem).find((why) => why !== null) ?? null;
    },
  };
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

export const ADDRESS: StepArgument = {
  check: (value) => (typeof value === 'string' && IPV4.test(value) ? null : 'must be an IPv4 address'),
};

/** A URL that a BMC may fetch. */
export function isHttpUrl(value: Json | undefined): boolean {
  return typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value);
}

export function required(argument: StepArgument): StepArgument {
  return { ...argument, required: true };
}
