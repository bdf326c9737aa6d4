import { BlockList, isIP } from 'node:net';
import type { OperatorName } from '../../lifecycle/inspection-rules.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { pythonSearch } from './python-regex.ts';
import { pythonEquals, pythonLess, pythonText } from './python-values.ts';
import { RuleFailure } from './rule-failure.ts';

type Operator = (args: JsonObject) => boolean;

/** The operators of conditions, on arguments in which fields were replaced. Each throws RuleFailure on values it cannot take. */
export const OPERATOR_TESTS: Readonly<Record<OperatorName, Operator>> = {
  eq: (args) => inRow(args, pythonEquals),
  lt: (args) => inRow(args, (a, b) => less(a, b)),
  gt: (args) => inRow(args, (a, b) => less(b, a)),
  'is-empty': ({ value = null }) => ['', 'None', '[]', '{}'].includes(pythonText(value)),
  'in-net': ({ address = null, subnet = null }) => inNet(pythonText(address), pythonText(subnet)),
  matches: ({ value = null, regex = '' }) => {
    const pattern = pythonText(regex);
    return pythonSearch(pattern.endsWith('$') ? pattern : `${pattern}$`, pythonText(value), true);
  },
  contains: ({ value = null, regex = '' }) => pythonSearch(pythonText(regex), pythonText(value), false),
  'one-of': ({ value = null, values = [] }) => isIn(value, values),
  'is-none': ({ value = null }) => value === null,
  'is-true': ({ value = null }) => {
    if (typeof value === 'string') return ['yes', 'true'].includes(value.toLowerCase());
    return typeof value === 'boolean' || typeof value === 'number' ? Boolean(value) : false;
  },
  'is-false': ({ value = null }) => {
    if (typeof value === 'string') return ['no', 'false'].includes(value.toLowerCase());
    return typeof value === 'boolean' || typeof value === 'number' ? !value : value === null;
  },
};

/** Whether each value stands to the next as `holds` says. */
function inRow({ values = null, force_strings }: JsonObject, holds: (a: Json, b: Json) => boolean): boolean {
  if (!Array.isArray(values)) throw new RuleFailure('the values to compare are no list.');
  const row = force_strings === true ? values.map(pythonText) : values;
  return row.every((value, at) => at === 0 || holds(row[at - 1] ?? null, value));
}

function less(a: Json, b: Json): boolean {
  const answer = pythonLess(a, b);
  if (answer === null) throw new RuleFailure('values of different kinds cannot be put in order.');
  return answer;
}

function inNet(address: string, subnet: string): boolean {
  const [base = '', bits] = subnet.split('/', 2);
  const family = isIP(base);
  const of = isIP(address);
  const longest = family === 4 ? 32 : 128;
  const prefix = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (family === 0 || prefix < 0 || prefix > longest) throw new RuleFailure('the subnet is not valid.');
  if (of === 0) throw new RuleFailure('the address is not valid.');
  if (of !== family) return false;
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  const net = new BlockList();
  net.addSubnet(base, prefix, kind);
  return net.check(address, kind);
}

function isIn(value: Json, values: Json): boolean {
  if (Array.isArray(values)) return values.some((one) => pythonEquals(one, value));
  if (typeof values === 'string' && typeof value === 'string') return values.includes(value);
  if (typeof values === 'object' && values !== null) return Object.hasOwn(values, pythonText(value));
  throw new RuleFailure('the values to look in are no list.');
}
