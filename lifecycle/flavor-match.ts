/** Facts of a server that flavors look at. */
export interface FlavorFacts {
  manufacturer: string;
  product_name: string;
  serial_number: string;
  cpu_arch: string;
  cpus: number;
  memory_mb: number;
  /** Number of disks, and size of the largest. */
  disks: number;
  disk_gb: number;
  nics: number;
}

export const FLAVOR_FIELDS = [
  'manufacturer',
  'product_name',
  'serial_number',
  'cpu_arch',
  'cpus',
  'memory_mb',
  'disks',
  'disk_gb',
  'nics',
] as const satisfies readonly (keyof FlavorFacts)[];

export const FLAVOR_OPS = ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'like'] as const;

/** One condition: `memory_mb ge 65536`, `product_name like "R6*"`. */
export interface FlavorCondition {
  field: (typeof FLAVOR_FIELDS)[number];
  op: (typeof FLAVOR_OPS)[number];
  value: string | number;
}

const TESTS: Readonly<
  Record<FlavorCondition['op'], (fact: string | number, value: string | number) => boolean>
> = {
  eq: equal,
  ne: (fact, value) => !equal(fact, value),
  lt: (fact, value) => Number(fact) < Number(value),
  le: (fact, value) => Number(fact) <= Number(value),
  gt: (fact, value) => Number(fact) > Number(value),
  ge: (fact, value) => Number(fact) >= Number(value),
  like: (fact, value) => isLike(String(fact).toLowerCase(), String(value).toLowerCase()),
};

/** The flavor of a server: of those that fit, the one of the highest priority, then the oldest. Pure. */
export function flavorOf<F extends { match: readonly FlavorCondition[]; priority: number; id: number }>(
  facts: FlavorFacts,
  flavors: readonly F[],
): F | null {
  const fitting = flavors.filter(
    ({ match }) => match.length > 0 && match.every(({ field, op, value }) => TESTS[op](facts[field], value)),
  );
  return fitting.toSorted((one, other) => other.priority - one.priority || one.id - other.id)[0] ?? null;
}

function equal(fact: string | number, value: string | number): boolean {
  return typeof fact === 'number'
    ? fact === Number(value)
    : fact.toLowerCase() === String(value).toLowerCase();
}

/** `*` stands for any text. Takes time in proportion to both texts, whatever the pattern. */
function isLike(text: string, pattern: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  if (!text.startsWith(head)) return false;
  const tail = rest.pop();
  if (tail === undefined) return text === head;
  let at = head.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - tail.length >= at && text.endsWith(tail);
}
