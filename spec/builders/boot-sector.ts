/** Before it is what a boot loader of a CD is told there: see createIso. */
const CODE_AT = 0x40;
const MESSAGE_AT = CODE_AT + 0x23;

/**
 * A boot sector for disks and for El Torito: it says a sentence on the first serial port, and then says what is typed there.
 * cli, ds = 0; a byte after the other to 3F8h; then for ever: 3FDh bit 0 set → 3F8h back to 3F8h.
 */
export function bootSector(sentence: string): Buffer {
  const code = [
    ...[0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0xbe, MESSAGE_AT, 0x7c, 0xfc],
    ...[0xac, 0x84, 0xc0, 0x74, 0x06, 0xba, 0xf8, 0x03, 0xee, 0xeb, 0xf5],
    ...[0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xf8, 0xba, 0xf8, 0x03, 0xec, 0xee, 0xeb, 0xf1],
  ];
  const sector = Buffer.alloc(512);
  Buffer.from([0xeb, CODE_AT - 2]).copy(sector);
  Buffer.from([...code, ...Buffer.from(`\r\n${sentence}\r\n\0`, 'latin1')]).copy(sector, CODE_AT);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}
