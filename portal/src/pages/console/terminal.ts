import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import type { Attach } from './console-line.ts';
import { removeSheets, terminalDocument, whileOpening } from './terminal-document.ts';

/** A terminal that fills its place for as long as it is there. */
export interface OpenTerminal {
  terminal: Terminal;
  end: () => void;
}

const SCROLLBACK_LINES = 10_000;
/** What the gateway takes in one message is four times this. */
const MOST_AT_ONCE = 16 * 1024;
/** The same in both themes: boot loaders and setup programs count on a dark screen. */
const THEME = {
  background: '#101418',
  foreground: '#e4e8eb',
  cursor: '#3fbf7f',
  cursorAccent: '#101418',
  selectionBackground: '#35506b',
  black: '#1d2329',
  red: '#f2777a',
  green: '#8fcf7f',
  yellow: '#ffcc66',
  blue: '#6fb3f2',
  magenta: '#d69ad6',
  cyan: '#66cccc',
  white: '#d3dae0',
  brightBlack: '#8a939b',
  brightRed: '#ff9a9d',
  brightGreen: '#b3e6a6',
  brightYellow: '#ffe09a',
  brightBlue: '#9bcdfa',
  brightMagenta: '#e8bde8',
  brightCyan: '#99e6e6',
  brightWhite: '#ffffff',
} as const;

export function openTerminal(place: HTMLElement): OpenTerminal {
  const sheets = new Set<CSSStyleSheet>();
  const made = terminalDocument(sheets);
  const terminal = new Terminal({
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    documentOverride: made,
    fontFamily: 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", "Noto Sans Mono CJK JP", monospace',
    fontSize: 14,
    minimumContrastRatio: 4.5,
    screenReaderMode: true,
    scrollback: SCROLLBACK_LINES,
    theme: THEME,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  whileOpening(made, () => terminal.open(place));
  terminal.attachCustomKeyEventHandler((event) => !copies(event, terminal));
  const watcher = new ResizeObserver(() => fit.fit());
  watcher.observe(place);
  return {
    terminal,
    end: () => {
      watcher.disconnect();
      terminal.dispose();
      removeSheets(sheets);
    },
  };
}

/** Ctrl+C is the server's; with Shift, or as Ctrl+Insert, it copies what is selected. */
function copies(event: KeyboardEvent, terminal: Terminal): boolean {
  const asked = event.ctrlKey && (event.code === 'Insert' || (event.shiftKey && event.code === 'KeyC'));
  if (!asked || !terminal.hasSelection()) return false;
  event.preventDefault();
  if (event.type === 'keydown') void navigator.clipboard?.writeText(terminal.getSelection());
  return true;
}

/** Leads what comes from a socket to the terminal, and what is typed there to the socket. */
export function attachTerminal(terminal: Terminal): Attach {
  return (socket, { read_only }) => {
    terminal.options.disableStdin = read_only;
    terminal.focus();
    const send = (bytes: Uint8Array<ArrayBuffer>): void => {
      if (read_only || socket.readyState !== WebSocket.OPEN) return;
      for (let at = 0; at < bytes.length; at += MOST_AT_ONCE)
        socket.send(bytes.subarray(at, at + MOST_AT_ONCE));
    };
    const text = terminal.onData((typed) => send(new TextEncoder().encode(typed)));
    const bytes = terminal.onBinary((typed) => send(Uint8Array.from(typed, (one) => one.charCodeAt(0))));
    socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) =>
      terminal.write(new Uint8Array(data)),
    );
    return () => {
      text.dispose();
      bytes.dispose();
    };
  };
}

/** What is selected, or else all that is kept, without the empty lines at its end. */
export function textOf(terminal: Terminal): string {
  if (terminal.hasSelection()) return terminal.getSelection();
  const { active } = terminal.buffer;
  const lines = Array.from(
    { length: active.length },
    (_, at) => active.getLine(at)?.translateToString(true) ?? '',
  );
  return `${lines.join('\n').trimEnd()}\n`;
}
