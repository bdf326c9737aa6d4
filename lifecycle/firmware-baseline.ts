/** The version of one component that a server told. */
export interface SeenFirmware {
  component: string;
  /** Of a NIC its model; of the rest the server's product. */
  product_name: string;
  manufacturer: string;
  version: string;
}

/** What a baseline asks for. */
export interface FirmwareRule {
  component: string;
  manufacturer: string | null;
  product_name: string | null;
  version: string;
  enforced: boolean;
  /** How a registration brings an older one up to it: the image that the BMC takes, the script that the server runs. */
  update_url?: string | null;
  update_script?: string | null;
}

/** An update during a registration. */
export interface FirmwareUpdate {
  /** `bmc`: a conductor has the BMC do it. `server`: the server runs a script. */
  by: 'bmc' | 'server';
  /** The version before the first try. */
  before: string;
  /** How often it was begun. */
  tries: number;
  /** `ran`: whoever did it says that it went well; only the version that is read afterwards proves it. */
  state: 'planned' | 'started' | 'ran' | 'proved' | 'failed';
}

export interface FirmwareVerdict {
  component: string;
  product_name: string;
  version: string;
  verdict: 'current' | 'outdated' | 'no-baseline';
  /** The least version that is wanted. */
  baseline: string | null;
  /** Whether it fails the registration. */
  failed: boolean;
  update?: FirmwareUpdate;
}

/** Judges every component by the baseline that names it most closely. Pure. */
export function firmwareVerdicts(
  seen: readonly SeenFirmware[],
  rules: readonly FirmwareRule[],
): FirmwareVerdict[] {
  return seen.map((one) => {
    const { component, product_name, version } = one;
    const rule = closestRule(one, rules);
    const about = { component, product_name, version };
    if (rule === undefined) return { ...about, verdict: 'no-baseline', baseline: null, failed: false };
    const old = compareVersions(version, rule.version) < 0;
    return {
      ...about,
      verdict: old ? 'outdated' : 'current',
      baseline: rule.version,
      failed: old && rule.enforced,
    };
  });
}

/** The rule that names a component most closely. */
export function closestRule<R extends FirmwareRule>(
  { component, manufacturer, product_name }: Omit<SeenFirmware, 'version'>,
  rules: readonly R[],
): R | undefined {
  return rules
    .filter(
      (one) =>
        one.component === component &&
        fits(one.manufacturer, manufacturer) &&
        fits(one.product_name, product_name),
    )
    .toSorted((one, other) => closeness(other) - closeness(one))[0];
}

const fits = (wanted: string | null, given: string): boolean =>
  wanted === null || wanted.toLowerCase() === given.toLowerCase();

const closeness = ({ manufacturer, product_name }: FirmwareRule): number =>
  (product_name === null ? 0 : 2) + (manufacturer === null ? 0 : 1);

/** Orders versions: runs of digits as numbers, the rest as text (`2.10` > `2.9`, `U32` > `U30`). */
export function compareVersions(one: string, other: string): number {
  const left = parts(one);
  const right = parts(other);
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const a = left[index] ?? '';
    const b = right[index] ?? '';
    if (a === b) continue;
    const numbers = /^\d+$/.test(a) && /^\d+$/.test(b);
    const order = numbers ? compareNumbers(a, b) : a < b ? -1 : 1;
    if (order !== 0) return order;
  }
  return 0;
}

const parts = (version: string): string[] => version.toLowerCase().match(/\d+|[a-z]+/g) ?? [];

/** Of any length: dates and build numbers do not fit a double. */
function compareNumbers(one: string, other: string): number {
  const a = one.replace(/^0+/, '');
  const b = other.replace(/^0+/, '');
  if (a.length !== b.length) return a.length - b.length;
  return a === b ? 0 : a < b ? -1 : 1;
}
