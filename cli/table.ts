/** What a table is drawn on. */
export interface TableOptions {
  /** Columns of the terminal; null: none, and no line is cut. */
  columns: number | null;
  /** Without the line that names the columns, and without a frame. */
  bare: boolean;
  /** Wraps a heading; absent: as it is. */
  heading?: (text: string) => string;
}

/**
 * A table of cells, which may have several lines. On a terminal the last column is wrapped where it does not fit; a table without
 * a terminal is as wide as its cells. Pure.
 */
export function drawTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  { columns, bare, heading = (text) => text }: TableOptions,
): string {
  const own = widthsOf(heads, rows, bare);
  const frame = 3 * own.length + 1;
  const before = own.slice(0, -1).reduce((sum, one) => sum + one, 0);
  const left = columns === null ? Number.POSITIVE_INFINITY : Math.max(LEAST, columns - frame - before);
  const widths = own.map((one, index) => (index === own.length - 1 ? Math.min(one, left) : one));
  const drawn = rows.flatMap((row) => linesOf(row, widths));
  const line = (cells: readonly string[], shape: (text: string) => string = (text) => text): string =>
    `| ${cells.map((text, index) => shape(text) + ' '.repeat(Math.max(0, (widths[index] ?? 0) - width(text)))).join(' | ')} |`;
  if (bare)
    return drawn.map((cells) => line(cells).slice(2, -2).replaceAll(' | ', '  ').trimEnd()).join('\n');
  const rule = `+${widths.map((length) => '-'.repeat(length + 2)).join('+')}+`;
  return [
    rule,
    line(heads, heading),
    rule,
    ...drawn.map((cells) => line(cells)),
    ...(drawn.length === 0 ? [] : [rule]),
  ].join('\n');
}

/** How many of the columns, from the first on, fit a terminal so wide; at least two. Pure. */
export function fitting(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | null,
  bare: boolean,
): number {
  if (columns === null) return heads.length;
  let taken = 1;
  for (const [index, own] of widthsOf(heads, rows, bare).entries()) {
    taken += own + 3;
    if (taken > columns && index >= 2) return index;
  }
  return heads.length;
}

/** The least width that a column is wrapped to. */
const LEAST = 20;

function widthsOf(heads: readonly string[], rows: readonly (readonly string[])[], bare: boolean): number[] {
  return heads.map((head, index) => {
    let widest = bare ? 0 : width(head);
    for (const row of rows)
      for (const text of (row[index] ?? '').split('\n')) widest = Math.max(widest, width(text));
    return widest;
  });
}

/** The lines of one row. */
function linesOf(row: readonly string[], widths: readonly number[]): string[][] {
  const cells = row.map((text, index) =>
    text.split('\n').flatMap((line) => wrapped(line, widths[index] ?? Number.POSITIVE_INFINITY)),
  );
  const height = Math.max(1, ...cells.map((lines) => lines.length));
  return [...Array(height).keys()].map((at) => cells.map((lines) => lines[at] ?? ''));
}

/** A line in lines of at most `most` columns, broken at spaces where there are some. */
function wrapped(text: string, most: number): string[] {
  if (width(text) <= most) return [text];
  const lines: string[] = [];
  let line = '';
  let taken = 0;
  for (const word of text.split(/(?<= )/)) {
    if (taken > 0 && taken + width(word.trimEnd()) > most) {
      lines.push(line.trimEnd());
      [line, taken] = ['', 0];
    }
    for (const char of word) {
      const own = width(char);
      if (taken + own > most && char !== ' ') {
        lines.push(line);
        [line, taken] = ['', 0];
      }
      line += char;
      taken += own;
    }
  }
  if (line.trimEnd() !== '') lines.push(line.trimEnd());
  return lines;
}

const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/u;
const ASCII = /^[ -~]*$/;

/** Columns of a terminal that a text takes. */
export function width(text: string): number {
  if (ASCII.test(text)) return text.length;
  let columns = 0;
  for (const char of text) columns += WIDE.test(char) ? 2 : /[\p{M}\u200D]/u.test(char) ? 0 : 1;
  return columns;
}
