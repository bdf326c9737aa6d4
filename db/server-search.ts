import type { Executor, SqlValue } from './executor.ts';
import { type Condition, placeholders } from './statements.ts';

/** Servers that a search names one by one; of more the rows are looked through, which a page of them ends soon. */
const MOST_FOUND = 1000;

/** Columns that a search looks into anywhere, and from the start; in the index servers_search_index. */
const ANYWHERE = ['name', 'serial_number'] as const;
const PREFIX = ['bmc_address'] as const;
/** From the start, and in small letters: each has an index of its own. */
const SMALL = ['uuid', 'service_address'] as const;

/**
 * The condition that a server fits what somebody types, whatever the case. Only an index is read for it where few fit, which is a
 * fourth of the work.
 */
export async function searchCondition(db: Executor, search: string): Promise<Condition> {
  const word = search.replaceAll(/[!%_]/g, '!$&');
  const small = `${word.toLowerCase()}%`;
  const wide: Condition = {
    text: [...PREFIX, ...ANYWHERE].map((column) => db.dialect.like(column)).join(' OR '),
    bindings: [...PREFIX.map(() => `${word}%`), ...ANYWHERE.map(() => `%${word}%`)],
  };
  const each: Condition[] = [
    wide,
    ...SMALL.map((column) => ({ text: `\`${column}\` LIKE ? ESCAPE '!'`, bindings: [small] })),
  ];
  const bindings = each.flatMap((condition) => condition.bindings);
  const texts = each.map(({ text }, at) => {
    const some = `SELECT \`id\` FROM \`servers\` WHERE ${text} LIMIT ${MOST_FOUND + 1}`;
    return `SELECT \`id\` FROM (${some}) AS \`found_${at}\``;
  });
  const found = await db.rows(texts.join(' UNION ALL '), bindings);
  if (found.length > MOST_FOUND) return { text: `(${each.map(({ text }) => text).join(' OR ')})`, bindings };
  const ids: SqlValue[] = found.map(([id]) => id ?? null);
  return ids.length === 0
    ? { text: '1 = 0', bindings: [] }
    : { text: `\`id\` IN (${placeholders(ids.length)})`, bindings: ids };
}
