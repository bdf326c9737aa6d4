import { checksum } from '../../drivers/ipmi/codec/bytes.ts';
import type { MachineIdentity } from '../agent-host.ts';

/** Bytes of the FRU device; what is not used is zero. */
export const FRU_SIZE_BYTES = 512;

/** Minutes from 1996-01-01 to 2026-01-01, for the board's date. */
const MADE_MINUTES = 15_779_520;

/** FRU 0 of a server: chassis, board and product areas (IPMI Platform Management FRU Information Storage v1.0, 8 to 12). */
export function fruInventory(identity: MachineIdentity): Uint8Array {
  const { manufacturer, product_name, serial } = identity;
  const chassis = area([0x17], ['KRGN-CH1', serial]);
  const minutes = [MADE_MINUTES & 0xff, (MADE_MINUTES >> 8) & 0xff, (MADE_MINUTES >> 16) & 0xff];
  const board = area([0x19, ...minutes], [manufacturer, product_name, `B${serial}`, 'KRGN-MB1', '']);
  const product = area([0x19], [manufacturer, product_name, 'KRGN-P1', '1.0', serial, identity.name, '']);
  const inventory = new Uint8Array(FRU_SIZE_BYTES);
  inventory.set([0x01, 0, 1, 1 + chassis.length / 8, 1 + (chassis.length + board.length) / 8, 0, 0]);
  inventory[7] = checksum(inventory, 0, 7);
  inventory.set(chassis, 8);
  inventory.set(board, 8 + chassis.length);
  inventory.set(product, 8 + chassis.length + board.length);
  return inventory;
}

/** Version, length in 8 bytes, fixed bytes, text fields, end mark, pad, checksum. */
function area(fixed: readonly number[], fields: readonly string[]): Uint8Array {
  const body = [0x01, 0, ...fixed];
  for (const field of fields) {
    const text = Buffer.from(field, 'latin1').subarray(0, 40);
    body.push(0xc0 | text.length, ...text);
  }
  body.push(0xc1);
  const bytes = new Uint8Array(Math.ceil((body.length + 1) / 8) * 8);
  bytes.set(body);
  bytes[1] = bytes.length / 8;
  bytes[bytes.length - 1] = checksum(bytes, 0, bytes.length - 1);
  return bytes;
}
