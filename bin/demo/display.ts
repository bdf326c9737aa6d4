/** Shows the progress of steps: one line each, redrawn while it runs on a terminal, printed as it goes elsewhere. */
export interface Display {
  say(text: string): void;
  /** Starts the line of a step. Steps do not overlap. */
  step(title: string): StepLine;
}

export interface StepLine {
  /** Adds a word to the step's trail, such as the state just reached. */
  pass(word: string): void;
  done(note: string): void;
  fail(why: string): void;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
const FRAME_MS = 80;
const TITLE_WIDTH = 10;
const ARROW = ' → ';

export function createDisplay(out: NodeJS.WriteStream, now: () => number): Display {
  const live = out.isTTY === true && process.env.TERM !== 'dumb' && process.env.CI === undefined;
  const colour = live && process.env.NO_COLOR === undefined;
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    say: (text) => void out.write(`${text}\n`),
    step: (title) => (live ? liveStep(out, now, paint, title) : plainStep(out, now, title)),
  };
}

type Paint = (code: number, text: string) => string;

/** Shows each word once, in order, and lights the one that holds now: a node goes to and fro between some states. */
function liveStep(out: NodeJS.WriteStream, now: () => number, paint: Paint, title: string): StepLine {
  const start = now();
  const trail: string[] = [];
  let current = '';
  let frame = 0;
  const draw = (mark: string, note: string) => {
    const words = fitting(trail, (out.columns ?? 80) - TITLE_WIDTH - 16);
    const shown = words.map((word) => (word === current ? word : paint(2, word)));
    const line = `  ${mark} ${title.padEnd(TITLE_WIDTH)} ${paint(2, seconds(now() - start))}  ${shown.join(paint(2, ARROW))}`;
    out.write(`\r\u001b[2K${line}${note}`);
  };
  const turn = () => draw(paint(36, FRAMES[frame % FRAMES.length] ?? '-'), '');
  const timer = setInterval(() => {
    frame += 1;
    turn();
  }, FRAME_MS);
  const end = (mark: string, note: string) => {
    clearInterval(timer);
    draw(mark, note);
    out.write('\n');
  };
  turn();
  return {
    pass(word) {
      current = word;
      if (!trail.includes(word)) trail.push(word);
      turn();
    },
    done: (note) =>
      end(paint(32, '✓'), note === '' ? '' : `\n${' '.repeat(TITLE_WIDTH + 14)}${paint(2, note)}`),
    fail: (why) => end(paint(31, '✗'), `\n    ${paint(31, why)}`),
  };
}

/** For logs and pipes: a line per event, nothing is redrawn. */
function plainStep(out: NodeJS.WriteStream, now: () => number, title: string): StepLine {
  const start = now();
  const line = (text: string) =>
    void out.write(`  ${title.padEnd(TITLE_WIDTH)} ${seconds(now() - start)}  ${text}\n`);
  return {
    pass: (word) => line(word),
    done: (note) => line(note === '' ? 'ok' : `ok: ${note}`),
    fail: (why) => line(`FAILED: ${why}`),
  };
}

/** The last words that fit on the line, so that it can be redrawn in place. */
function fitting(trail: readonly string[], width: number): readonly string[] {
  const words = [...trail];
  while (words.length > 1 && words.join(ARROW).length > width) words.splice(0, 2, '…');
  return words;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(5)} s`;
}
