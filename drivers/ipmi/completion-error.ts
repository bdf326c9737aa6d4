import { DriverError, type DriverErrorCode } from '../contract.ts';
import { COMPLETION_CODE, COMPLETION_CODE_WORDS } from './codec/status-codes.ts';
import type { Command } from './commands/command.ts';

/** The BMC answered with a completion code other than 0. */
export class CompletionError extends DriverError {
  readonly completion_code: number;

  constructor(code: DriverErrorCode, completion_code: number, message: string) {
    super(code, message);
    this.name = 'CompletionError';
    this.completion_code = completion_code;
  }
}

/** Codes after which the same request may succeed soon. */
const BUSY: ReadonlySet<number> = new Set([
  COMPLETION_CODE.nodeBusy,
  COMPLETION_CODE.timeout,
  COMPLETION_CODE.initialising,
  COMPLETION_CODE.duplicateRequest,
]);

const UNSUPPORTED: ReadonlySet<number> = new Set([
  COMPLETION_CODE.invalidCommand,
  COMPLETION_CODE.invalidForLun,
  COMPLETION_CODE.subFunctionDisabled,
]);

/** The error that says what the BMC answered to a command. */
export function completionError(
  name: string,
  command: Pick<Command<never, unknown>, 'name' | 'completion_codes'>,
  completion_code: number,
): CompletionError {
  const words = command.completion_codes?.[completion_code] ?? COMPLETION_CODE_WORDS[completion_code];
  const hex = completion_code.toString(16).padStart(2, '0');
  const said = `${name}: the BMC answered ${command.name} with ${words ?? 'a code of its own'} (${hex}h).`;
  if (BUSY.has(completion_code))
    return new CompletionError('busy', completion_code, `${said} Try again later, or reset the BMC.`);
  if (UNSUPPORTED.has(completion_code) || (completion_code === 0x80 && words?.includes('not supported')))
    return new CompletionError('unsupported', completion_code, said);
  if (completion_code === COMPLETION_CODE.insufficientPrivilege)
    return new CompletionError(
      'rejected',
      completion_code,
      `${said} Check ipmi_priv_level and the user's rights on the BMC.`,
    );
  return new CompletionError('rejected', completion_code, said);
}
