import type { ActionName } from '../../lifecycle/inspection-rules.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import {
  type Draft,
  deleteField,
  deleteInside,
  extendField,
  extendInside,
  NODE_FIELDS,
  PORT_FIELDS,
  setField,
  setInside,
} from './draft.ts';
import { pythonText } from './python-values.ts';
import { RuleFailure } from './rule-failure.ts';

const LEVELS = {
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'error',
} as const;
export type RuleLogLevel = (typeof LEVELS)[keyof typeof LEVELS];

/** What actions reach besides the draft. */
export interface Outside {
  log(level: RuleLogLevel, message: string): void;
  callApi(args: JsonObject): Promise<void>;
}

type Action = (args: JsonObject, draft: Draft, outside: Outside) => Promise<void> | void;

const text = (value: Json | undefined): string => pythonText(value ?? '');
const isTrue = (value: Json | undefined): boolean => pythonText(value ?? false).toLowerCase() === 'true';
const TRAIT = /^[A-Z0-9_]{1,255}$/;
const MAX_TRAITS = 50;

/** The actions, on arguments in which fields were replaced. Each throws RuleFailure when it cannot be done. */
export const ACTIONS_DONE: Readonly<Record<ActionName, Action>> = {
  fail: ({ msg }) => {
    throw new RuleFailure(text(msg));
  },
  log: ({ msg, level = 'info' }, _draft, outside) => {
    const name = text(level).toLowerCase();
    if (!isLevel(name))
      throw new RuleFailure(`there is no log level ${name}; choose from ${Object.keys(LEVELS).join(', ')}.`);
    outside.log(LEVELS[name], text(msg));
  },
  'set-attribute': ({ path, value = null }, { node }) => setField(node, NODE_FIELDS, text(path), value),
  'extend-attribute': ({ path, value = null, unique }, { node }) =>
    extendField(node, NODE_FIELDS, text(path), value, isTrue(unique)),
  'del-attribute': ({ path }, { node }) => deleteField(node, NODE_FIELDS, text(path)),
  'set-capability': ({ name, value }, { node }) => {
    const known = capabilities(node);
    setInside(node, ['properties', 'capabilities'], [...known, `${text(name)}:${text(value)}`].join(','));
  },
  'unset-capability': ({ name }, { node }) => {
    const rest = capabilities(node).filter((one) => !one.startsWith(`${text(name)}:`));
    setInside(node, ['properties', 'capabilities'], rest.join(','));
  },
  'add-trait': ({ name }, { traits }) => {
    const trait = text(name);
    if (!TRAIT.test(trait)) throw new RuleFailure(`${trait} is no trait.`);
    if (traits.size >= MAX_TRAITS && !traits.has(trait))
      throw new RuleFailure(`a node has at most ${MAX_TRAITS} traits.`);
    traits.add(trait);
  },
  'remove-trait': ({ name }, { traits }) => {
    traits.delete(text(name));
  },
  'set-plugin-data': ({ path, value = null }, { plugin_data }) =>
    setInside(plugin_data, text(path).split('.'), value),
  'extend-plugin-data': ({ path, value = null, unique }, { plugin_data }) =>
    extendInside(plugin_data, text(path).split('.'), value, isTrue(unique)),
  'unset-plugin-data': ({ path }, { plugin_data }) => {
    deleteInside(plugin_data, text(path).split('.'));
  },
  'set-port-attribute': ({ port_id, path, value = null }, draft) =>
    setField(portOf(draft, port_id), PORT_FIELDS, text(path), value),
  'extend-port-attribute': ({ port_id, path, value = null, unique }, draft) =>
    extendField(portOf(draft, port_id), PORT_FIELDS, text(path), value, isTrue(unique)),
  'del-port-attribute': ({ port_id, path }, draft) =>
    deleteField(portOf(draft, port_id), PORT_FIELDS, text(path)),
  'api-call': (args, _draft, outside) => outside.callApi(args),
};

function isLevel(name: string): name is keyof typeof LEVELS {
  return Object.hasOwn(LEVELS, name);
}

function capabilities(node: JsonObject): string[] {
  const properties = node.properties as JsonObject;
  return text(properties.capabilities)
    .split(',')
    .filter((one) => one !== '');
}

function portOf({ ports }: Draft, port_id: Json | undefined): JsonObject {
  const port = ports.get(text(port_id));
  if (port === undefined) throw new RuleFailure(`the node has no port ${text(port_id)}.`);
  return port;
}
