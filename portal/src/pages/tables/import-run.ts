import { ApiError } from '../../api/http.ts';
import { bodyOf, type PlanLine } from './cable-plan.ts';
import { changeRow, makeRow } from './rows.ts';
import type { TableFacts } from './table-facts.ts';

/** What came of a line. */
export type LineResult = { state: 'done'; did: 'make' | 'change' } | { state: 'failed'; why: string };

/** At once. */
const WORKERS = 4;
/** The session is over, or the service is away: what follows would fail too. */
const ENDS: readonly number[] = [0, 401, 403, 503];

/** Does what the lines say, each by itself. What the service refuses is told; when it takes nothing any more the rest stays. @throws ApiError then */
export async function runPlan(
  table: Pick<TableFacts, 'path' | 'api'>,
  lines: readonly PlanLine[],
  tell: (line: number, result: LineResult) => void,
  signal: AbortSignal,
): Promise<void> {
  const left = lines[Symbol.iterator]();
  const ended: Error[] = [];
  const work = async (): Promise<void> => {
    for (const one of left) {
      if (signal.aborted || ended.length > 0) return;
      try {
        const body = bodyOf(one.values);
        if (one.uuid === null) await makeRow(table, body);
        else await changeRow(table, one.uuid, body);
        tell(one.line, { state: 'done', did: one.uuid === null ? 'make' : 'change' });
      } catch (error) {
        if (error instanceof ApiError && ENDS.includes(error.status)) ended.push(error);
        else tell(one.line, { state: 'failed', why: (error as Error).message });
      }
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  if (ended[0] !== undefined) throw ended[0];
}
