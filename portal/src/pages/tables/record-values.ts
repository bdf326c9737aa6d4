import type { NamedWidget, Widget } from './widgets.ts';

/** What stands in a field of a form: a text, the fields of an object, or rows of them. */
export type Draft = string | Drafts | readonly Drafts[];
export interface Drafts {
  readonly [field: string]: Draft;
}

/** A field that cannot be sent as it is. */
export class FieldError extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

type Kind = Widget['kind'];
type Of<K extends Kind> = Extract<Widget, { kind: K }>;

interface Way<K extends Kind> {
  draft(value: unknown, widget: Of<K>): Draft;
  /** @throws FieldError */
  value(draft: Draft, widget: Of<K>, field: string): unknown;
}

const text = (draft: Draft): string => (typeof draft === 'string' ? draft : '');
const plain = {
  draft: (value: unknown): string => String(value),
  value: (draft: Draft): unknown => text(draft),
};
const lines = (draft: Draft): string[] =>
  text(draft)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
const listed = {
  draft: (value: unknown): string => (Array.isArray(value) ? value.join('\n') : ''),
  value: lines,
};
const MINUTE = 16;
const DAY = 10;

const WAYS: { readonly [K in Kind]: Way<K> } = {
  text: plain,
  long: plain,
  secret: plain,
  choice: plain,
  reference: plain,
  number: { draft: plain.draft, value: (draft) => Number(text(draft)) },
  flag: { draft: plain.draft, value: (draft) => draft === 'true' },
  scalar: {
    draft: plain.draft,
    value: (draft) => {
      const number = Number(text(draft));
      return String(number) === draft ? number : draft;
    },
  },
  time: {
    draft: (value, { day }) => (day ? String(value).slice(0, DAY) : localMinute(String(value))),
    value: (draft, { day }, field) => {
      if (day) return text(draft);
      const time = new Date(text(draft));
      if (Number.isNaN(time.getTime())) throw new FieldError(field, text(draft));
      return time.toISOString();
    },
  },
  words: listed,
  ticks: listed,
  parts: {
    draft: (value, { fields }) => draftsOf(fields, value),
    value: (draft, { fields }, field) => objectOf(fields, draft as Drafts, field),
  },
  rows: {
    draft: (value, { fields, ordered }) => {
      const rows = Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
      return rows
        .toSorted((one, other) => (ordered === null ? 0 : Number(one[ordered]) - Number(other[ordered])))
        .map((row) => draftsOf(fields, row));
    },
    value: (draft, { fields, ordered }, field) =>
      (draft as readonly Drafts[]).map((row, index) => ({
        ...(ordered === null ? {} : { [ordered]: index + 1 }),
        ...objectOf(fields, row, field),
      })),
  },
  json: {
    draft: (value) => JSON.stringify(value, null, 1),
    value: (draft, _widget, field) => {
      try {
        return JSON.parse(text(draft));
      } catch (error) {
        throw new FieldError(field, (error as Error).message);
      }
    },
  },
};

/** Nothing typed yet. */
export function emptyDraft(widget: Widget): Draft {
  if (widget.kind === 'rows') return [];
  return widget.kind === 'parts' ? draftsOf(widget.fields, {}) : '';
}

/** A value as it is typed. */
export function draftOf(widget: Widget, value: unknown): Draft {
  if (value === null || value === undefined) return emptyDraft(widget);
  return (WAYS[widget.kind] as Way<Kind>).draft(value, widget);
}

/** The fields of an object as they are typed. */
export function draftsOf(fields: readonly NamedWidget[], value: unknown): Drafts {
  const object = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  return Object.fromEntries(fields.map(({ name, widget }) => [name, draftOf(widget, object[name])]));
}

export function isEmpty(draft: Draft): boolean {
  return (
    draft === '' ||
    (typeof draft === 'object' && !Array.isArray(draft) && Object.values(draft).every(isEmpty))
  );
}

export function isSame(one: Draft | undefined, other: Draft | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** What was typed as the API takes it: what differs from before, null where it was emptied. @throws FieldError */
export function changesOf(
  fields: readonly NamedWidget[],
  before: Drafts,
  after: Drafts,
): Record<string, unknown> {
  return Object.fromEntries(
    fields
      .filter(({ name }) => !isSame(before[name], after[name]))
      .map(({ name, widget }) => [name, typedOf(widget, after[name] ?? '', name)]),
  );
}

function typedOf(widget: Widget, draft: Draft, field: string): unknown {
  if (isEmpty(draft) && widget.kind !== 'words' && widget.kind !== 'ticks')
    return widget.kind === 'parts' ? {} : null;
  return (WAYS[widget.kind] as Way<Kind>).value(draft, widget, field);
}

/** An object of what was typed. What is empty is left out; arguments that have to be there are none. @throws FieldError */
function objectOf(fields: readonly NamedWidget[], drafts: Drafts, field: string): Record<string, unknown> {
  return Object.fromEntries(
    fields
      .filter(
        ({ name, widget, required }) => !isEmpty(drafts[name] ?? '') || (required && widget.kind === 'json'),
      )
      .map(({ name, widget }) => {
        const draft = drafts[name] ?? '';
        return [name, isEmpty(draft) ? {} : typedOf(widget, draft, field)];
      }),
  );
}

/** A time as a field of a date and a time takes it, by the browser's clock. */
function localMinute(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return '';
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, MINUTE);
}
