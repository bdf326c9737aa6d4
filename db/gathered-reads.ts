import DataLoader from 'dataloader';
import type { Row, SqlValue } from './executor.ts';
import { placeholders } from './statements.ts';

/** A row by the value of a unique column. */
export interface OneRow {
  /** SELECT up to its WHERE. */
  select: string;
  column: string;
  /** Where the column stands in the row. */
  at: number;
  key: SqlValue;
}

type Read = (text: string, bindings: readonly SqlValue[]) => Promise<Row[]>;

/** Statements of one kind of read that are under way at once: one that hangs does not keep the others. */
const AT_ONCE = 2;
const LONGEST = 32;

/**
 * Reads single rows. Those that are asked for while earlier ones of their kind are under way travel together as soon as these are
 * back: a busy process sends fewer statements, an idle one waits for nothing. A row is never older than its request.
 */
export function gatheredReads(read: Read): (wanted: OneRow) => Promise<Row | undefined> {
  const loaders = new Map<string, DataLoader<SqlValue, Row | undefined>>();
  return ({ select, column, at, key }) => {
    const kind = `${select} WHERE \`${column}\``;
    let loader = loaders.get(kind);
    if (loader === undefined) {
      loader = loaderOf(read, kind, at);
      loaders.set(kind, loader);
    }
    return loader.load(key);
  };
}

function loaderOf(read: Read, kind: string, at: number): DataLoader<SqlValue, Row | undefined> {
  const held: (() => void)[] = [];
  let flying = 0;
  const batchScheduleFn = (send: () => void): void => {
    if (flying === AT_ONCE) {
      held.push(send);
      return;
    }
    flying++;
    process.nextTick(send);
  };
  const load = async (keys: readonly SqlValue[]): Promise<(Row | undefined)[]> => {
    try {
      const [first = null] = keys;
      if (keys.length === 1) return [(await read(`${kind} = ?`, [first]))[0]];
      const bindings = padded([...new Set(keys)]);
      const rows = await read(`${kind} IN (${placeholders(bindings.length)})`, bindings);
      const found = new Map(rows.map((row) => [String(row[at]), row]));
      return keys.map((key) => found.get(String(key)));
    } finally {
      const next = held.shift();
      if (next === undefined) flying--;
      else process.nextTick(next);
    }
  };
  return new DataLoader(load, { cache: false, maxBatchSize: LONGEST, batchScheduleFn });
}

/** As many keys as the next power of two, so that there are few texts to prepare. */
function padded(keys: readonly SqlValue[]): SqlValue[] {
  const last = keys.at(-1) ?? null;
  const size = 2 ** Math.ceil(Math.log2(keys.length));
  return Array.from({ length: size }, (_, index) => keys[index] ?? last);
}
