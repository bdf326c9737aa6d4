import type { Caller } from '../../../lifecycle/caller.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import type { Json, JsonObject } from '../../../lifecycle/json.ts';
import type { NodeRecord } from '../../../lifecycle/records.ts';
import { FIELDS, type FieldName, type ResourceName } from '../microversions.ts';
import type { Policy } from '../policy/policy.ts';

/** What a field may look at besides the record itself. */
export interface ViewContext {
  base_url: string;
  minor: number;
  caller: Caller;
  policy: Policy;
  /** Whether the caller sees every field of every node (policy baremetal:node:get:filter_threshold). */
  sees_all_fields: boolean;
  /** The conductor that serves a node; known only where the view shows it. */
  conductorOf(node: Pick<NodeRecord, 'uuid' | 'driver' | 'conductor_group'>): string | null;
}

/** One field of a reply: the columns that it is made of, and how. */
export interface FieldView<R> {
  columns: readonly (keyof R & string)[];
  of(record: R, context: ViewContext): Json;
  /** The same as JSON text, where that is cheaper than making the value first. */
  text?(record: R, context: ViewContext): string;
}

/** How the records of one resource look on the wire. Every field of the ledger has a view, or tsc says so. */
export interface ResourceView<N extends ResourceName, R> {
  resource: N;
  fields: { readonly [F in FieldName<N>]: FieldView<R> };
  /** Fields of a list without `fields` or `detail`. */
  list_fields: readonly FieldName<N>[];
  /** Fields that a list cannot be sorted by. */
  unsortable: readonly FieldName<N>[];
  /** Columns that handlers need of every record, whatever is shown. */
  columns: readonly (keyof R & string)[];
  /** False: lists show fields younger than the request (a quirk of portgroups). */
  lists_hide_newer?: false;
}

export type Selection = 'all' | 'list' | readonly string[];

/** A view made ready for one (resource, microversion, selection). */
export interface CompiledView<R> {
  names: readonly string[];
  /** Columns to read for it. */
  columns: readonly (keyof R & string)[];
  render(record: R, context: ViewContext): JsonObject;
  /** What `render` gives, as JSON text: without an object in between. */
  text(record: R, context: ViewContext): string;
}

/** Any character but those that JSON text holds as they are: not controls, quotes, backslashes, surrogates. */
const ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/** JSON.stringify, faster for what most fields hold. */
export function jsonText(value: Json): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return ESCAPED.test(value) ? JSON.stringify(value) : `"${value}"`;
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  return JSON.stringify(value);
}

const CACHE_SIZE = 2000;

/** Compiled views by resource, microversion and selection, so that no request works a view out again. */
export class ViewCache {
  private readonly compiled = new Map<string, unknown>();

  /**
   * The view of `selection` at 1.`minor`.
   * @throws InvalidParameterValue 400 for an unknown field, NotAcceptable 406 for one younger than the request.
   */
  get<N extends ResourceName, R>(
    view: ResourceView<N, R>,
    minor: number,
    selection: Selection,
    in_list = false,
  ): CompiledView<R> {
    const words =
      typeof selection === 'string' ? `${selection}${in_list ? '+' : ''}` : `=${selection.join(',')}`;
    const key = `${view.resource} ${minor} ${words}`;
    const known = this.compiled.get(key);
    if (known !== undefined) return known as CompiledView<R>;
    const fresh = compileView(view, minor, selection, in_list);
    if (this.compiled.size >= CACHE_SIZE) this.compiled.clear();
    this.compiled.set(key, fresh);
    return fresh;
  }
}

function compileView<N extends ResourceName, R>(
  view: ResourceView<N, R>,
  minor: number,
  selection: Selection,
  in_list: boolean,
): CompiledView<R> {
  const names = selectFields(view, minor, selection, in_list);
  const fields = names.map((name) => view.fields[name]);
  const heads = names.map((name, at) => `${at === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  const columns = new Set(view.columns);
  for (const field of fields) for (const column of field.columns) columns.add(column);
  return {
    names,
    columns: [...columns],
    render(record, context) {
      const shown: JsonObject = {};
      for (let at = 0; at < names.length; at++) {
        const name = names[at];
        const field = fields[at];
        if (name !== undefined && field !== undefined) shown[name] = field.of(record, context);
      }
      return shown;
    },
    text(record, context) {
      if (names.length === 0) return '{}';
      let text = '';
      for (let at = 0; at < heads.length; at++) {
        const field = fields[at];
        if (field === undefined) continue;
        text += heads[at];
        text += field.text === undefined ? jsonText(field.of(record, context)) : field.text(record, context);
      }
      return `${text}}`;
    },
  };
}

function selectFields<N extends ResourceName, R>(
  view: ResourceView<N, R>,
  minor: number,
  selection: Selection,
  in_list: boolean,
): FieldName<N>[] {
  const ledger = FIELDS[view.resource] as Readonly<Record<FieldName<N>, number>>;
  const known = Object.keys(ledger) as FieldName<N>[];
  if (typeof selection === 'string') {
    const visible =
      in_list && view.lists_hide_newer === false ? known : known.filter((name) => ledger[name] <= minor);
    if (selection === 'all') return visible;
    return visible.filter((name) => view.list_fields.includes(name) || (name as string) === 'links');
  }
  for (const name of selection) checkField(view.resource, name, minor);
  return known.filter((name) => selection.includes(name) || (name as string) === 'links');
}

/**
 * Whether a client of 1.`minor` may name a field.
 * @throws InvalidParameterValue 400 (unknown), NotAcceptable 406 (younger than the request)
 */
export function checkField(resource: ResourceName, name: string, minor: number): void {
  const ledger: Readonly<Record<string, number>> = FIELDS[resource];
  const field_since = Object.hasOwn(ledger, name) ? ledger[name] : undefined;
  if (field_since === undefined) {
    throw serviceError('InvalidParameterValue', { why: `Field(s) "${name}" are not valid.` });
  }
  if (field_since > minor) throw serviceError('NotAcceptable', {});
}
