import type { Outside, ScreenSize } from './outside.ts';
import { plainText } from './shown-text.ts';
import { width } from './table.ts';
import type { WorkPart } from './work.ts';

/** Tells on standard error how far work is. */
export interface Progress {
  /** @param share from 0 to 1; absent: how many of the parts are over. */
  show(parts: readonly WorkPart[], share?: number): void;
  /** Leaves the last word where it is. */
  end(): void;
}

export const SILENT: Progress = { show() {}, end() {} };

const BAR = 24;
/** Lines of parts at most, however high the terminal. */
const MOST_LINES = 40;

/** On a terminal lines that change in place, under a bar where there are several; elsewhere a line at each change. */
export function openProgress({
  err,
  err_size,
  clock,
  env,
}: Pick<Outside, 'err' | 'err_size' | 'clock' | 'env'>): Progress {
  const size = err_size();
  if (size === null || env.TERM === 'dumb') return lineByLine(err);
  const since = clock.monotonic();
  let drawn = 0;
  return {
    show(parts, share) {
      const now = err_size() ?? size;
      const lines = screenLines(parts, share, (clock.monotonic() - since) / 1000, now);
      const cut = lines.map((line) => cutTo(line, now.columns - 1));
      err(`${drawn === 0 ? '' : `\u001B[${drawn}A`}\r\u001B[J${cut.join('\n')}\n`);
      drawn = cut.length;
    },
    end() {
      drawn = 0;
    },
  };
}

function lineByLine(err: (text: string) => void): Progress {
  const told = new Map<string, string>();
  return {
    show(parts) {
      for (const part of parts) {
        const text = partText(part);
        if (told.get(part.name) !== text) err(`${plainText(part.name)}: ${text}\n`);
        told.set(part.name, text);
      }
    },
    end() {},
  };
}

const partText = ({ state, note }: WorkPart): string =>
  plainText(note === undefined || note === '' ? state : `${state} (${note})`);

function screenLines(
  parts: readonly WorkPart[],
  share: number | undefined,
  elapsed_s: number,
  { rows }: ScreenSize,
): string[] {
  const over = parts.filter(({ well }) => well !== null);
  const failed = over.filter(({ well }) => well === false).length;
  const several = parts.length > 1;
  const part_share = share ?? (parts.length === 0 ? 0 : over.length / parts.length);
  const counts = several ? ` ${over.length}/${parts.length}${failed === 0 ? '' : `, ${failed} failed`}` : '';
  const head = share !== undefined || several ? [`${bar(part_share)}${counts}  ${clockText(elapsed_s)}`] : [];
  const most = Math.max(1, Math.min(MOST_LINES, rows - head.length - 3));
  // Where not all fit, what failed or goes on is told first.
  const order = parts.length <= most ? parts : [...parts].sort((one, other) => rank(one) - rank(other));
  const names = Math.min(30, Math.max(0, ...parts.map(({ name }) => width(plainText(name)))));
  const lines = order.slice(0, most).map((part) => {
    const name = cutTo(plainText(part.name), names);
    const pad = ' '.repeat(Math.max(0, names - width(name)));
    return `${mark(part)} ${name}${pad}  ${partText(part)}${head.length === 0 ? `  ${clockText(elapsed_s)}` : ''}`;
  });
  const more = parts.length > most ? [`  and ${parts.length - most} more`] : [];
  return [...head, ...lines, ...more];
}

const rank = ({ well }: WorkPart): number => (well === false ? 0 : well === null ? 1 : 2);
const mark = ({ well }: WorkPart): string => (well === null ? '·' : well ? '✓' : '✗');

function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}] ${Math.floor(share * 100)} %`;
}

function clockText(elapsed_s: number): string {
  const whole = Math.floor(elapsed_s);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function cutTo(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let cut = '';
  for (const char of text) {
    if (width(cut) + width(char) > columns - 1) break;
    cut += char;
  }
  return `${cut}…`;
}
