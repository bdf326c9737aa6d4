/** `0x00 0x01`, `00 01` or `0 1`: hexadecimal with 0x, else decimal, as ipmitool reads them. null: not bytes. */
export function rawBytes(text: string): Uint8Array | null {
  const bytes = text
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  const valid =
    bytes.length >= 2 && bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255);
  return valid ? Uint8Array.from(bytes) : null;
}
