import type { Clock } from '../lifecycle/clock.ts';
import type { Terminal } from './attach-console.ts';
import type { PartedFile } from './upload-file.ts';

/** What a command may touch outside. */
export interface Outside {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** Standard output and standard error, a text with its newline. */
  out(text: string): void;
  err(text: string): void;
  /** Text of a file; of standard input for `-`. @throws Error */
  readFile(path: string): Promise<string>;
  /** A file in parts. @throws Error */
  openFile(path: string): Promise<PartedFile>;
  /** Where consoles are shown. */
  terminal(): Terminal;
  /** Size of the terminal that standard output or standard error is; null: it is none. */
  out_size(): ScreenSize | null;
  err_size(): ScreenSize | null;
  /** Asks a person, and resolves with the line that was typed; null: nobody is there. */
  ask: ((question: string) => Promise<string>) | null;
  /** Runs work whose signal is aborted by Ctrl-C, which then does not end the process. */
  interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Zone that times are shown in, an IANA name; absent: the machine's. */
  time_zone?: string;
}

export interface ScreenSize {
  columns: number;
  rows: number;
}
