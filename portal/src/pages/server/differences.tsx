import type { Difference } from '../../api/types.ts';
import { SimpleTable } from '../../parts/simple-table.tsx';
import { useText } from '../../text/text.ts';

/** In what a server is not as its baseline says. */
export function Differences({ differences }: { differences: readonly Difference[] }) {
  const say = useText();
  if (differences.length === 0)
    return (
      <p className="k-outcome k-outcome-done" role="status">
        {say('baseline.same')}
      </p>
    );
  return (
    <SimpleTable
      label={say('baseline.differences')}
      head={(['what', 'wanted', 'found'] as const).map((one) => say(`baseline.${one}`))}
      rows={differences.map(({ what, baseline, found }) => ({
        key: what,
        cells: [
          <code key="what">{what}</code>,
          baseline === null ? null : <bdi key="baseline">{baseline}</bdi>,
          found === null ? null : <strong key="found">{found}</strong>,
        ],
      }))}
    />
  );
}
