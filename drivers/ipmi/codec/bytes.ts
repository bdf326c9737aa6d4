/** Little-endian reads that never throw: past the end they see zeros, so decoders check the length first. IPMI v2.0 5.1 */

export function u8(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

export function u16(bytes: Uint8Array, at: number): number {
  return u8(bytes, at) | (u8(bytes, at + 1) << 8);
}

export function u24(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) | (u8(bytes, at + 2) << 16);
}

export function u32(bytes: Uint8Array, at: number): number {
  return (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0;
}

export function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value & 0xff;
  bytes[at + 1] = (value >>> 8) & 0xff;
}

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  putU16(bytes, at, value & 0xffff);
  putU16(bytes, at + 2, value >>> 16);
}

/** Two's complement checksum over `bytes[from, to)`: the sum of those bytes and it is 0 modulo 256. IPMI v2.0 13.8 */
export function checksum(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum += u8(bytes, at);
  return -sum & 0xff;
}
