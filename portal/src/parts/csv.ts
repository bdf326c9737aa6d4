/** Says to spreadsheets that the text is UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF';
/** What spreadsheets take for the beginning of a formula: "=1+1" typed by somebody would be run by whoever opens the file. */
const FORMULA = /^[=+\-@\t\r]/;

/** Rows as a file for spreadsheets (RFC 4180). Text that would be a formula gets an apostrophe; numbers stay numbers. */
export function csvText(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, unknown>>[],
): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  return BYTE_ORDER_MARK + lines.map((line) => `${line.map(cellOf).join(',')}\r\n`).join('');
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const said = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const text = FORMULA.test(said) ? `'${said}` : said;
  return /[",\r\n']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
