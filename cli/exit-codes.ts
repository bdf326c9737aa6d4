import { plainLines } from './shown-text.ts';

/** What an exit code of a client command means: docs/cli.md. */
export const EXIT_CODES = {
  done: { code: 0, meaning: 'it was done' },
  failed: { code: 1, meaning: 'the service failed, or something unexpected happened' },
  usage: { code: 2, meaning: 'the command line, a variable or clouds.yaml is not usable' },
  unauthenticated: { code: 3, meaning: 'the login was refused' },
  forbidden: { code: 4, meaning: 'the account may not do that' },
  missing: { code: 5, meaning: 'there is no such thing' },
  conflict: {
    code: 6,
    meaning: 'not now: wrong stage, wrong state, quota or stock, or other work has the server',
  },
  invalid: { code: 7, meaning: 'the service does not accept the values given' },
  unavailable: { code: 8, meaning: 'the service cannot be reached, or not now' },
  work_failed: { code: 9, meaning: 'the work that --wait waited for failed' },
  timed_out: { code: 10, meaning: 'the work that --wait waited for took longer than --timeout' },
  partly_failed: {
    code: 11,
    meaning: 'of several servers, or parts of the work, some failed and some did not',
  },
  interrupted: { code: 130, meaning: 'Ctrl-C ended the waiting; the work goes on' },
  cut_off: { code: 141, meaning: 'who read the output read no more, as head does' },
} as const satisfies Record<string, { code: number; meaning: string }>;

export type ExitName = keyof typeof EXIT_CODES;

/** What ends a command without success: a message that a terminal may be given, and the exit code. */
export class CommandFailure extends Error {
  readonly exit: ExitName;

  constructor(exit: ExitName, message: string, options?: ErrorOptions) {
    super(plainLines(message), options);
    this.name = 'CommandFailure';
    this.exit = exit;
  }

  get code(): number {
    return EXIT_CODES[this.exit].code;
  }
}

const BY_STATUS: Readonly<Record<number, ExitName>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'missing',
  409: 'conflict',
  503: 'unavailable',
};

/** The exit of a request that was answered with `status`. */
export function exitOfStatus(status: number): ExitName {
  return BY_STATUS[status] ?? (status >= 500 ? 'failed' : 'invalid');
}
