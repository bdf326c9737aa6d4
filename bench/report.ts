import { writeFile } from 'node:fs/promises';

/** One figure of a benchmark, beside that of a peer where there is one. `ratio`: how many times better than the peer. */
export interface BenchRow {
  measure: string;
  value: number;
  unit: string;
  peer: string | null;
  peer_value: number | null;
  ratio: number | null;
}

export interface BenchOptions {
  /** File that the figures are written to, as JSON. */
  json?: string;
  /** The long form, of benchmarks that have one. */
  long?: boolean;
}

/** Prints the figures as a table, and writes `{"bench", "rows"}` to `options.json` when it is given. */
export async function report(
  bench: string,
  rows: readonly BenchRow[],
  options: BenchOptions = {},
): Promise<void> {
  console.log(benchTable(rows));
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify({ bench, rows })}\n`);
}

/** The figures as lines of aligned columns. */
export function benchTable(rows: readonly BenchRow[]): string {
  const cells = [
    ['measure', 'value', 'unit', 'peer', "peer's value", 'ratio'],
    ...rows.map(({ measure, value, unit, peer, peer_value, ratio }) => [
      measure,
      figure(value),
      unit,
      peer ?? '',
      peer_value === null ? '' : figure(peer_value),
      ratio === null ? '' : `${figure(ratio)} x`,
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const numeric = new Set([1, 4, 5]);
  return cells
    .map((row) =>
      row
        .map((cell, column) =>
          numeric.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Three significant digits, and whole numbers from 100 on. */
function figure(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
