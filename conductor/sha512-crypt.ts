import { createHash, randomBytes } from 'node:crypto';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ROUNDS = 5000;
const SALT_CHARS = 16;
const DIGEST_BYTES = 64;

/**
 * `$6$salt$hash` as crypt(3) writes it into /etc/shadow: Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512", with the
 * default of 5000 rounds. The step numbers in the comments are that document's.
 */
export function sha512Crypt(password: string, salt: string = randomSalt()): string {
  const key = Buffer.from(password, 'utf8');
  const salted = Buffer.from(salt.slice(0, SALT_CHARS), 'utf8');
  const b = sha512(key, salted, key); // 4-8
  const bits: Buffer[] = [key, salted, repeated(b, key.length)]; // 1-3, 9-10
  for (let length = key.length; length > 0; length >>= 1) bits.push((length & 1) === 1 ? b : key); // 11
  const a = sha512(...bits); // 12
  const p = repeated(sha512(...Array<Buffer>(key.length).fill(key)), key.length); // 13-16
  const s = repeated(sha512(...Array<Buffer>(16 + (a[0] ?? 0)).fill(salted)), salted.length); // 17-20
  let digest = a;
  for (let round = 0; round < ROUNDS; round++) {
    const odd = (round & 1) === 1;
    digest = sha512(
      odd ? p : digest,
      round % 3 === 0 ? EMPTY : s,
      round % 7 === 0 ? EMPTY : p,
      odd ? digest : p,
    ); // 21
  }
  return `$6$${salted.toString('utf8')}$${encoded(digest)}`;
}

const EMPTY = Buffer.alloc(0);

function sha512(...parts: readonly Buffer[]): Buffer {
  return createHash('sha512').update(Buffer.concat(parts)).digest();
}

function repeated(block: Buffer, length: number): Buffer {
  return Buffer.alloc(length, block);
}

/** 22e: bytes taken three by three, each column a third of the digest further and rotated each time. */
function encoded(digest: Buffer): string {
  let text = '';
  for (let i = 0; i < 21; i++) {
    const columns = [i, i + 21, i + 42].map((index) => digest[index] ?? 0);
    const shift = i % 3;
    const [high = 0, middle = 0, low = 0] = [...columns.slice(shift), ...columns.slice(0, shift)];
    text += base64((high << 16) | (middle << 8) | low, 4);
  }
  return text + base64(digest[DIGEST_BYTES - 1] ?? 0, 2);
}

function base64(value: number, chars: number): string {
  return Array.from({ length: chars }, (_, i) => ALPHABET[(value >> (6 * i)) & 63]).join('');
}

function randomSalt(): string {
  return [...randomBytes(SALT_CHARS)].map((byte) => ALPHABET[byte & 63]).join('');
}
