/** A check string of oslo.policy as a tree. */
export type Check =
  | { type: 'always' }
  | { type: 'never' }
  | { type: 'and' | 'or'; of: Check[] }
  | { type: 'not'; of: Check }
  | { type: 'rule'; name: string }
  /** `left:right`, where right is a literal or the name of a target's attribute. */
  | { type: 'match'; left: string; right: Operand };

export type Operand = { literal: string } | { attribute: string };

/** The check string cannot be understood. `message` says where. */
export class CheckSyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CheckSyntaxError';
  }
}

interface Token {
  text: string;
  column: number;
}

const MAX_LENGTH = 10_000;
const MAX_DEPTH = 100;

/**
 * Parses oslo.policy's language: `and`, `or`, `not` (in any case; not binds tightest, then and), parentheses, `@`, `!`,
 * `rule:name`, `role:name`, `attribute:value`, `attribute:%(target)s`, `literal:%(target)s`. The empty text is always true.
 * Where oslo.policy logs a bad string and fails closed, this throws, so that a typing error is seen at the start.
 * @throws CheckSyntaxError
 */
export function parseCheck(text: string): Check {
  if (text.length > MAX_LENGTH) throw new CheckSyntaxError(`is longer than ${MAX_LENGTH} characters`);
  const tokens = tokenize(text);
  if (tokens.length === 0) return { type: 'always' };
  let at = 0;

  const peek = (): string => tokens[at]?.text.toLowerCase() ?? '';
  const unexpected = (): CheckSyntaxError => {
    const token = tokens[at];
    return new CheckSyntaxError(
      token === undefined ? 'ends too early' : `has an unexpected ${token.text} at column ${token.column}`,
    );
  };

  function sequence(word: 'and' | 'or', operand: (depth: number) => Check, depth: number): Check {
    const of = [operand(depth)];
    while (peek() === word) {
      at += 1;
      of.push(operand(depth));
    }
    const [only] = of;
    return of.length === 1 && only !== undefined ? only : { type: word, of };
  }

  function disjunction(depth: number): Check {
    if (depth > MAX_DEPTH) throw new CheckSyntaxError('is nested too deep');
    return sequence('or', conjunction, depth);
  }

  function conjunction(depth: number): Check {
    return sequence('and', single, depth);
  }

  function single(depth: number): Check {
    const token = tokens[at];
    if (token === undefined || depth > MAX_DEPTH) throw unexpected();
    const word = peek();
    if (word === 'and' || word === 'or' || word === ')') throw unexpected();
    at += 1;
    if (word === 'not') return { type: 'not', of: single(depth + 1) };
    if (word !== '(') return atom(token);
    const inner = disjunction(depth + 1);
    if (peek() !== ')') throw unexpected();
    at += 1;
    return inner;
  }

  const check = disjunction(0);
  if (at < tokens.length) throw unexpected();
  return check;
}

/** Words apart from the parentheses around them; parentheses inside a word belong to `%(name)s`. */
function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(/\S+/g)) {
    const word = match[0];
    let column = match.index + 1;
    const open = /^\(*/.exec(word)?.[0].length ?? 0;
    const close = /\)*$/.exec(word.slice(open))?.[0].length ?? 0;
    for (let i = 0; i < open; i++) tokens.push({ text: '(', column: column++ });
    const inner = word.slice(open, word.length - close);
    if (inner !== '') tokens.push({ text: inner, column });
    column += inner.length;
    for (let i = 0; i < close; i++) tokens.push({ text: ')', column: column++ });
  }
  return tokens;
}

function atom({ text, column }: Token): Check {
  if (text === '@') return { type: 'always' };
  if (text === '!') return { type: 'never' };
  const colon = text.indexOf(':');
  if (colon < 1)
    throw new CheckSyntaxError(`has ${text} at column ${column}, which is no check (kind:value)`);
  const left = text.slice(0, colon);
  const value = text.slice(colon + 1);
  if (left === 'rule') return { type: 'rule', name: value };
  const attribute = /^%\(([^()%\s]+)\)s$/.exec(value)?.[1];
  if (attribute !== undefined) return { type: 'match', left, right: { attribute } };
  if (value.includes('%')) {
    throw new CheckSyntaxError(`has ${text} at column ${column}; only a whole value may be %(name)s`);
  }
  return { type: 'match', left, right: { literal: value } };
}
