import Papa from 'papaparse';

const BYTE_ORDER_MARK = '\uFEFF';
/** What a spreadsheet would reckon with, were it not for the apostrophe (parts/csv.ts). */
const FORMULA = /^'(?=[=+\-@\t\r])/;

export interface CsvRow {
  /** Of the file, where the row ends. */
  line: number;
  cells: string[];
}

/** The rows of a file of spreadsheets (RFC 4180), ours or anybody's: trimmed, without empty ones. `broken`: where quotes are not closed. */
export function csvRows(text: string): { rows: CsvRow[]; broken: number | null } {
  const rows: CsvRow[] = [];
  let line = 0;
  const clean = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  const { data, errors } = Papa.parse<string[]>(clean, { delimiter: delimiterOf(clean) });
  for (const cells of data) {
    line += 1 + cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
    const trimmed = cells.map((cell) => cell.trim().replace(FORMULA, ''));
    if (trimmed.some((cell) => cell !== '')) rows.push({ line, cells: trimmed });
  }
  const quotes = errors.find(({ type }) => type === 'Quotes');
  return { rows, broken: quotes === undefined ? null : (rows[Math.max(0, quotes.row ?? 0)]?.line ?? 1) };
}

/** The one that the first line has most of. */
function delimiterOf(text: string): string {
  const [first = ''] = text.split(/\r|\n/, 1);
  const counted = [',', ';', '\t'].map((one) => ({ one, count: first.split(one).length }));
  return counted.toSorted((a, b) => b.count - a.count)[0]?.one ?? ',';
}
