import { createIso } from '../../iso/iso9660.ts';

const LOADER_BYTES = 2048;
/** The boot information table ends here. */
const CODE_AT = 64;
const GREETING = 'Kurogane: this is the CD of the demo. It does nothing else.\r\n\0';
/**
 * 8086: prints what follows it by the BIOS, and halts. push cs; pop ds; call $+3; pop si; add si, 21; then lodsb; test al, al; jz; mov
 * ah, 14; mov bx, 7; int 16; jmp; and hlt; jmp.
 */
const CODE = Buffer.from('0e1fe800005e83c615ac84c07409b40ebb0700cd10ebf2f4ebfd', 'hex');

/** An ISO image that a BIOS boots, and that the virtual servers do. @param now_ms when its files were made */
export function demoIso(now_ms: number): Buffer {
  const loader = Buffer.alloc(LOADER_BYTES);
  // jmp to the code.
  loader.set([0xeb, CODE_AT - 2]);
  loader.set(CODE, CODE_AT);
  loader.write(GREETING, CODE_AT + CODE.length, 'latin1');
  const readme = Buffer.from('An image for the CD drive of the servers of the demo.\n');
  return createIso(
    'demo',
    [
      { path: 'boot.bin', content: loader },
      { path: 'readme.txt', content: readme },
    ],
    now_ms,
    { bios: loader },
  );
}
