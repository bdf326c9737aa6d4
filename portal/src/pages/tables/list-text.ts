const SIGNS: Readonly<Record<string, string>> = {
  ...{ eq: '=', ne: '≠', lt: '<', le: '≤', gt: '>', ge: '≥', like: '~' },
};

type Fields = Readonly<Record<string, unknown>>;

/** How objects in lists are written, by a field that only they have. */
const WRITTEN: readonly { has: string; text: (one: Fields) => string }[] = [
  { has: 'first', text: ({ first, last }) => (first === last ? `${first}` : `${first} – ${last}`) },
  { has: 'field', text: ({ field, op, value }) => `${field} ${SIGNS[String(op)] ?? op} ${value}` },
  { has: 'step', text: ({ interface: on, step }) => `${on}.${step}` },
  { has: 'op', text: ({ op, args }) => `${op} ${JSON.stringify(args ?? {})}` },
];

/** A list or an object in a cell. Pure. */
export function listText(value: object): string {
  if (!Array.isArray(value)) return Object.keys(value).length === 0 ? '' : JSON.stringify(value);
  const order = (one: unknown): number => Number((one as Fields | null)?.order ?? 0);
  return value
    .toSorted((one, other) => order(one) - order(other))
    .map((one) => {
      if (typeof one !== 'object' || one === null) return String(one);
      const way = WRITTEN.find(({ has }) => Object.hasOwn(one, has));
      return way === undefined ? JSON.stringify(one) : way.text(one as Fields);
    })
    .join(', ');
}
