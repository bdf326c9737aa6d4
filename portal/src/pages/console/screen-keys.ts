import type RFB from '@novnc/novnc';

/** A key: its keysym (X11's keysymdef.h) and its `code` in the browser. */
type Key = readonly [keysym: number, code: string];

const CONTROL: Key = [0xffe3, 'ControlLeft'];
const ALT: Key = [0xffe9, 'AltLeft'];
const SHIFT: Key = [0xffe1, 'ShiftLeft'];
const functionKey = (number: number): Key => [0xffbd + number, `F${number}`];

/** Keys that browsers, or the system around them, keep for themselves. */
export const KEYS: readonly { name: string; keys: readonly Key[] }[] = [
  { name: 'Esc', keys: [[0xff1b, 'Escape']] },
  { name: 'Tab', keys: [[0xff09, 'Tab']] },
  { name: 'Del', keys: [[0xffff, 'Delete']] },
  ...[1, 2, 8, 10, 11, 12].map((number) => ({ name: `F${number}`, keys: [functionKey(number)] })),
  ...[1, 2, 7].map((number) => ({
    name: `Ctrl+Alt+F${number}`,
    keys: [CONTROL, ALT, functionKey(number)],
  })),
  { name: 'Alt+Tab', keys: [ALT, [0xff09, 'Tab']] },
  { name: 'Alt+SysRq', keys: [ALT, [0xff15, 'PrintScreen']] },
  { name: 'Ctrl+Alt+Backspace', keys: [CONTROL, ALT, [0xff08, 'Backspace']] },
];

/** Presses keys one after the other, and lets them go the other way round. */
export function press(rfb: RFB, keys: readonly Key[]): void {
  for (const [keysym, code] of keys) rfb.sendKey(keysym, code, true);
  for (const [keysym, code] of [...keys].reverse()) rfb.sendKey(keysym, code, false);
}

/** Lets go of what one holds to lead the keyboard away. */
export function letGo(rfb: RFB): void {
  for (const [keysym, code] of [CONTROL, SHIFT]) rfb.sendKey(keysym, code, false);
}

const MOST_TYPED = 2000;
const RETURN = 0xff0d;
const TAB = 0xff09;
/** On a US keyboard these need Shift, which QEMU and BMCs do not press by themselves. */
const SHIFTED = /[A-Z~!@#$%^&*()_+{}|:"<>?]/;

/** Types a text key by key; what is longer than 2,000 characters is cut. */
export function typeText(rfb: RFB, text: string): void {
  for (const character of [...text.replaceAll('\r\n', '\n')].slice(0, MOST_TYPED)) {
    const shifted = SHIFTED.test(character);
    if (shifted) rfb.sendKey(...SHIFT, true);
    rfb.sendKey(keysymOf(character), null);
    if (shifted) rfb.sendKey(...SHIFT, false);
  }
}

/** Latin 1 as it is, all else by its code point. X11 protocol, appendix A */
function keysymOf(character: string): number {
  if (character === '\n' || character === '\r') return RETURN;
  if (character === '\t') return TAB;
  const point = character.codePointAt(0) ?? 0;
  return point < 0x100 ? point : 0x01000000 | point;
}
