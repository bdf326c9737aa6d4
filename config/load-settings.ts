import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { nearestName } from '../lifecycle/nearest-name.ts';
import { OPTIONS, type Option, type Settings } from './options.ts';
import { type Parsed, parseOption } from './parse-option.ts';

/** Where settings come from. The file is read by the caller, so that loading stays pure. */
export interface SettingsSources {
  /** One YAML or JSON document: group → key → value. `path` is for messages only. */
  file?: { path: string; text: string };
  /** The environment: `KUROGANE_<GROUP>__<KEY>` variables, which win over the file. Others are ignored. */
  env: Readonly<Record<string, string | undefined>>;
}

/** One thing that is wrong with the settings. Never holds a value that was given for a secret. */
export interface SettingsProblem {
  /** `path:line:column`, or the name of the variable. */
  place: string;
  message: string;
}

/** The settings cannot be used. The message lists every problem, one a line. */
export class SettingsError extends Error {
  readonly problems: readonly SettingsProblem[];

  constructor(problems: readonly SettingsProblem[]) {
    const lines = problems.map(({ place, message }) => `  ${place}: ${message}`);
    super(
      `The settings have ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${lines.join('\n')}`,
    );
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

/** A value that was found for one option. */
interface Given {
  place: string;
  group: string;
  key: string;
  parsed: Parsed;
}

const GROUPS: Readonly<Record<string, Readonly<Record<string, Option>>>> = OPTIONS;
const MAX_FILE_CHARS = 1_000_000;
const ENV_NAME = /^KUROGANE_(.+?)__(.+)$/;

/**
 * Makes the settings of a process from the defaults, the file and the environment.
 * @throws SettingsError with every problem at once: unknown names, wrong types, values out of range.
 */
export function loadSettings(sources: SettingsSources): Settings {
  const problems: SettingsProblem[] = [];
  const given = [
    ...(sources.file === undefined ? [] : readFile(sources.file, problems)),
    ...readEnv(sources.env, problems),
  ];
  const settings: Record<string, Record<string, unknown>> = {};
  for (const [group, options] of Object.entries(GROUPS)) {
    settings[group] = Object.fromEntries(
      Object.entries(options).map(([key, option]) => [key, option.default]),
    );
  }
  for (const { place, group, key, parsed } of given) {
    if ('problem' in parsed) problems.push({ place, message: `[${group}]${key} ${parsed.problem}` });
    else Object.assign(settings[group] ?? {}, { [key]: parsed.value });
  }
  // Every key of OPTIONS was filled from its default or from a value checked against its option.
  const loaded = settings as unknown as Settings;
  if (problems.length === 0) problems.push(...contradictions(loaded));
  if (problems.length > 0) throw new SettingsError(problems);
  return deepFreeze(loaded);
}

function readFile({ path, text }: { path: string; text: string }, problems: SettingsProblem[]): Given[] {
  if (text.length > MAX_FILE_CHARS) {
    problems.push({ place: path, message: `is larger than ${MAX_FILE_CHARS} characters.` });
    return [];
  }
  const lines = new LineCounter();
  // prettyErrors would quote lines of the file, secrets included.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf = (offset: number | undefined): string => {
    if (offset === undefined) return path;
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const placeOfNode = (node: unknown): string => placeOf(isNode(node) ? node.range?.[0] : undefined);
  for (const error of document.errors) {
    problems.push({ place: placeOf(error.pos[0]), message: `is not valid YAML or JSON (${error.code}).` });
  }
  if (document.errors.length > 0) return [];
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) return [];
  if (!isMap<unknown, unknown>(root)) {
    problems.push({
      place: placeOfNode(root),
      message: 'must hold groups of settings (group: {key: value}).',
    });
    return [];
  }
  const given: Given[] = [];
  for (const { key: groupNode, value: groupValue } of root.items) {
    const group = nameOf(groupNode);
    const place = placeOfNode(groupNode);
    const options = knownGroup(group, place, problems);
    if (options === null || (isScalar(groupValue) && groupValue.value === null)) continue;
    if (!isMap<unknown, unknown>(groupValue)) {
      problems.push({ place, message: `[${group}] must hold keys and values.` });
      continue;
    }
    for (const { key: keyNode, value } of groupValue.items) {
      const key = nameOf(keyNode);
      const keyPlace = placeOfNode(keyNode);
      const option = knownKey(group, key, options, keyPlace, problems);
      if (option === null) continue;
      given.push({ place: keyPlace, group, key, parsed: parseNode(option, value, document) });
    }
  }
  return given;
}

function parseNode(option: Option, node: unknown, document: Document.Parsed): Parsed {
  try {
    return parseOption(option, isNode(node) ? node.toJS(document, { maxAliasCount: 100 }) : node);
  } catch {
    return { problem: 'has YAML aliases that cannot be resolved.' };
  }
}

function readEnv(env: SettingsSources['env'], problems: SettingsProblem[]): Given[] {
  const given: Given[] = [];
  const single = singleUnderscoreNames();
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !name.startsWith('KUROGANE_')) continue;
    const match = ENV_NAME.exec(name);
    if (match === null) {
      const meant = single.get(name);
      if (meant !== undefined) problems.push({ place: name, message: `is not read. Did you mean ${meant}?` });
      continue;
    }
    const upper = match[1] ?? '';
    const group = upper === 'DEFAULT' ? upper : upper.toLowerCase();
    const key = (match[2] ?? '').toLowerCase();
    const options = knownGroup(group, name, problems);
    const option = options === null ? null : knownKey(group, key, options, name, problems);
    if (option !== null) given.push({ place: name, group, key, parsed: parseOption(option, value) });
  }
  return given;
}

/** The variables as they look with one underscore too few → as they must be. */
function singleUnderscoreNames(): Map<string, string> {
  const names = new Map<string, string>();
  for (const [group, options] of Object.entries(GROUPS)) {
    for (const key of Object.keys(options)) {
      names.set(`KUROGANE_${group}_${key}`.toUpperCase(), envName(group, key));
    }
  }
  return names;
}

/** The environment variable of an option. */
export function envName(group: string, key: string): string {
  return `KUROGANE_${group}__${key}`.toUpperCase();
}

function nameOf(node: unknown): string {
  return isScalar(node) ? String(node.value) : '';
}

function knownGroup(
  group: string,
  place: string,
  problems: SettingsProblem[],
): Readonly<Record<string, Option>> | null {
  const options = Object.hasOwn(GROUPS, group) ? GROUPS[group] : undefined;
  if (options !== undefined) return options;
  problems.push({ place, message: unknownName('group', group, Object.keys(GROUPS)) });
  return null;
}

function knownKey(
  group: string,
  key: string,
  options: Readonly<Record<string, Option>>,
  place: string,
  problems: SettingsProblem[],
): Option | null {
  const option = Object.hasOwn(options, key) ? options[key] : undefined;
  if (option !== undefined) return option;
  const elsewhere = Object.keys(GROUPS).find((name) => Object.hasOwn(GROUPS[name] ?? {}, key));
  const message =
    elsewhere === undefined
      ? unknownName(`key in [${group}]`, key, Object.keys(options))
      : `unknown key in [${group}]: ${key}. It belongs to [${elsewhere}].`;
  problems.push({ place, message });
  return null;
}

function unknownName(kind: string, name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names);
  const hint = nearest === null ? `Allowed: ${names.join(', ')}.` : `Did you mean ${nearest}?`;
  return `unknown ${kind}: ${name.slice(0, 80)}. ${hint}`;
}

/** Values that are each allowed but not together. */
function contradictions(settings: Settings): SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  if (settings.conductor.heartbeat_timeout <= settings.conductor.heartbeat_interval) {
    problems.push({
      place: '[conductor]heartbeat_timeout',
      message: `must be more than heartbeat_interval (${settings.conductor.heartbeat_interval}).`,
    });
  }
  if (settings.secrets.key !== '' && settings.secrets.key_file !== '') {
    problems.push({ place: '[secrets]key', message: 'and key_file must not both be set.' });
  }
  return problems;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
