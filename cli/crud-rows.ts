import { type Column, type CommandRow, NEWEST, type OptionRow, PAGE, query } from './command-row.ts';
import { RESOURCES, type ResourceName } from './resources.ts';

export type CrudVerb = 'list' | 'create' | 'show' | 'set' | 'delete';

/** A kind of object that is listed, made, shown, changed and deleted. */
export interface CrudRow {
  /** `firmware baseline` */
  words: string;
  /** Of its operations: `lifecycle.<operation>.list`. */
  operation: string;
  /** Its collection below /v1, also the key of its list. */
  collection: string;
  /** The path's parameter. */
  param: string;
  /** What a list holds, for the help: `list <many>`. */
  many: string;
  /** How one is made. */
  examples?: readonly string[];
  /** One of them, for the help; default: `a <words>`. */
  one?: string;
  /** Default: all. */
  verbs?: readonly CrudVerb[];
  /** Fields; those that `required` names must be given when it is made. */
  fields?: readonly OptionRow[];
  required?: readonly string[];
  /** Fields that can be changed; default: `fields`. */
  changes?: readonly OptionRow[];
  /** Fields that lists are filtered by: their names, or options of their own. */
  filters?: readonly (string | OptionRow)[];
  columns: readonly Column[];
  /** Fields in whose order the list may be; none: it can be searched neither. */
  sort_keys?: readonly string[];
  /** The list grows for ever: without a limit, only the newest of it is shown. */
  newest?: true;
}

const DIRECTION = query('sort_dir', 'first to last, or last to first', { choices: ['asc', 'desc'] });
const searched = (sort_keys: readonly string[]): OptionRow[] => [
  query('search', 'only with this text in them'),
  query('sort_key', 'in the order of this field', { choices: [...sort_keys, 'created_at'] }),
];
const ALL: readonly CrudVerb[] = ['list', 'create', 'show', 'set', 'delete'];

/** The commands of such a kind. */
export function crudRows(kind: CrudRow): CommandRow[] {
  const { verbs = ALL } = kind;
  return verbs.map((verb) => ROWS[verb](kind));
}

const one = ({ words, one: named }: CrudRow): string =>
  named ?? (/^[aeiou]/.test(words) ? `an ${words}` : `a ${words}`);
const item = ({ collection, param }: CrudRow): string => `/v1/${collection}/{${param}}`;

/** `pool_uuid`: only of this pool, by its name too. */
function filterOf(name: string): OptionRow {
  const of = name.replace(/^node_uuid$/, 'server_uuid').replace(/_uuid$/, '');
  const words = of.replaceAll('_', ' ');
  const resource = name.endsWith('_uuid') && Object.hasOwn(RESOURCES, of) ? { of: of as ResourceName } : {};
  return query(name, `only of this ${words}`, resource);
}

const ROWS: Readonly<Record<CrudVerb, (kind: CrudRow) => CommandRow>> = {
  list: ({ words, operation, collection, many, filters = [], columns, sort_keys, newest }) => ({
    words: `${words} list`,
    operation: `lifecycle.${operation}.list`,
    method: 'GET',
    path: `/v1/${collection}`,
    help: `list ${many}`,
    options: [
      ...filters.map((filter) => (typeof filter === 'string' ? filterOf(filter) : filter)),
      ...(sort_keys === undefined ? [] : searched(sort_keys)),
      newest === true ? { ...DIRECTION, preset: 'desc' } : DIRECTION,
      ...(newest === true ? NEWEST : PAGE),
    ],
    output: { kind: 'list', key: collection.replaceAll('-', '_'), columns },
  }),
  create: (kind) => ({
    words: `${kind.words} create`,
    operation: `lifecycle.${kind.operation}.create`,
    method: 'POST',
    path: `/v1/${kind.collection}`,
    help: `make ${one(kind)}`,
    ...(kind.examples === undefined ? {} : { examples: kind.examples }),
    options: (kind.fields ?? []).map((option) =>
      kind.required?.includes(option.name) ? { ...option, required: true } : option,
    ),
    output: { kind: 'item' },
  }),
  show: (kind) => ({
    words: `${kind.words} show`,
    operation: `lifecycle.${kind.operation}.show`,
    method: 'GET',
    path: item(kind),
    help: `show ${one(kind)}`,
    output: { kind: 'item' },
  }),
  set: (kind) => ({
    words: `${kind.words} set`,
    operation: `lifecycle.${kind.operation}.update`,
    method: 'PATCH',
    path: item(kind),
    help: `change ${one(kind)}; an empty text empties a field`,
    options: kind.changes ?? kind.fields ?? [],
    output: { kind: 'item' },
  }),
  delete: (kind) => ({
    words: `${kind.words} delete`,
    operation: `lifecycle.${kind.operation}.delete`,
    method: 'DELETE',
    path: item(kind),
    help: `delete ${one(kind)}`,
    output: { kind: 'done', text: 'deleted' },
  }),
};
