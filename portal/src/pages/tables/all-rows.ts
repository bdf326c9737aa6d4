import { ask } from '../../api/http.ts';
import type { Row } from './rows.ts';
import type { TableFacts } from './table-facts.ts';

const PAGE = '1000';
/** More than any table has; an answer that never ends is an error. */
const MOST_PAGES = 200;

/** Every row that fits, page by page. @param query without limit and marker. @throws ApiError */
export async function allRows(
  { path, member }: Pick<TableFacts, 'path' | 'member'>,
  query: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Row[]> {
  const rows: Row[] = [];
  const { marker: _marker, ...asked } = query;
  for (let page = 0, marker = ''; page < MOST_PAGES; page++) {
    const full = { ...asked, limit: PAGE, ...(marker === '' ? {} : { marker }) };
    const answer = await ask<Record<string, unknown>>(`${path}?${new URLSearchParams(full)}`, { signal });
    rows.push(...(answer[member] as Row[]));
    marker = rows.at(-1)?.uuid ?? '';
    if (answer.next === undefined) break;
  }
  return rows;
}
