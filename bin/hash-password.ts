import { createInterface } from 'node:readline';
import { hash } from 'bcryptjs';
import { StartError } from './start-error.ts';

/** bcrypt reads no more than this. */
const MAX_BYTES = 72;

/**
 * The bcrypt hash of the first line of standard input: for the users file and for htpasswd files. Read from there, not
 * from the arguments, which every user of the machine can see.
 */
export async function hashPasswordFromInput(input: NodeJS.ReadStream): Promise<string> {
  if (input.isTTY) process.stderr.write('Password (it is shown as you type): ');
  const lines = createInterface({ input });
  try {
    for await (const line of lines) {
      if (line === '') break;
      if (Buffer.byteLength(line) > MAX_BYTES)
        throw new StartError(
          `The password is longer than ${MAX_BYTES} bytes, which is all that bcrypt reads.`,
        );
      return await hash(line, 12);
    }
  } finally {
    lines.close();
  }
  throw new StartError(
    'No password came on standard input. Use: echo PASSWORD | kurogane identity hash-password',
  );
}
