import { checksum, u8 } from './bytes.ts';
import type { Flaw } from './flaw.ts';
import { decodeTextField, encodeTextField } from './text-field.ts';

/** FRU inventory: common header, board and product info areas. IPMI Platform Management FRU v1.0 8, 11, 12 */

export const FRU_HEADER_LENGTH = 8;
const UNIT = 8;
const LENGTH_MASK = 0x3f;
const END_OF_FIELDS = 0xc1;
const ENGLISH = 0x19;
const BOARD_FIELDS_AT = 6;
const PRODUCT_FIELDS_AT = 3;

/** Offsets in bytes from the start of the FRU; null: no such area. */
export interface FruHeader {
  board: number | null;
  product: number | null;
}

export interface BoardInfo {
  manufacturer: string;
  product_name: string;
  serial_number: string;
  part_number: string;
}

export interface ProductInfo {
  manufacturer: string;
  product_name: string;
  part_number: string;
  version: string;
  serial_number: string;
  asset_tag: string;
}

export function decodeFruHeader(bytes: Uint8Array): FruHeader | Flaw {
  if (bytes.length < FRU_HEADER_LENGTH) return 'truncated';
  if ((u8(bytes, 0) & 0x0f) !== 1) return 'unsupported';
  if (checksum(bytes, 0, FRU_HEADER_LENGTH) !== 0) return 'bad-checksum';
  const offset = (at: number): number | null => (u8(bytes, at) === 0 ? null : u8(bytes, at) * UNIT);
  return { board: offset(3), product: offset(4) };
}

/** Bytes of the area that starts with `bytes`. */
export function fruAreaLength(bytes: Uint8Array): number {
  return u8(bytes, 1) * UNIT;
}

export function decodeBoardInfo(area: Uint8Array): BoardInfo | Flaw {
  const fields = decodeFields(area, BOARD_FIELDS_AT);
  if (typeof fields === 'string') return fields;
  const [manufacturer = '', product_name = '', serial_number = '', part_number = ''] = fields;
  return { manufacturer, product_name, serial_number, part_number };
}

export function decodeProductInfo(area: Uint8Array): ProductInfo | Flaw {
  const fields = decodeFields(area, PRODUCT_FIELDS_AT);
  if (typeof fields === 'string') return fields;
  const [
    manufacturer = '',
    product_name = '',
    part_number = '',
    version = '',
    serial_number = '',
    asset_tag = '',
  ] = fields;
  return { manufacturer, product_name, part_number, version, serial_number, asset_tag };
}

/** A whole FRU with a board and a product area. */
export function encodeFru(board: BoardInfo, product: ProductInfo): Uint8Array {
  const board_area = encodeArea(BOARD_FIELDS_AT, [
    board.manufacturer,
    board.product_name,
    board.serial_number,
    board.part_number,
    '', // FRU file id
  ]);
  const product_area = encodeArea(PRODUCT_FIELDS_AT, [
    product.manufacturer,
    product.product_name,
    product.part_number,
    product.version,
    product.serial_number,
    product.asset_tag,
    '', // FRU file id
  ]);
  const header = new Uint8Array(FRU_HEADER_LENGTH);
  header[0] = 1;
  header[3] = FRU_HEADER_LENGTH / UNIT;
  header[4] = (FRU_HEADER_LENGTH + board_area.length) / UNIT;
  header[7] = checksum(header, 0, FRU_HEADER_LENGTH - 1);
  return Buffer.concat([header, board_area, product_area]);
}

function decodeFields(area: Uint8Array, fields_at: number): string[] | Flaw {
  if (area.length < UNIT) return 'truncated';
  const length = fruAreaLength(area);
  if (length > area.length) return 'truncated';
  if (checksum(area, 0, length) !== 0) return 'bad-checksum';
  const body = area.subarray(0, length - 1);
  const fields: string[] = [];
  for (let at = fields_at; at < body.length && u8(body, at) !== END_OF_FIELDS; ) {
    const { text, end } = decodeTextField(body, at, LENGTH_MASK);
    fields.push(text);
    at = end;
  }
  return fields;
}

function encodeArea(fields_at: number, texts: readonly string[]): Uint8Array {
  const fields = texts.flatMap((text) => [...encodeTextField(text, LENGTH_MASK)]);
  const used = fields_at + fields.length + 2;
  const area = new Uint8Array(Math.ceil(used / UNIT) * UNIT);
  area[0] = 1;
  area[1] = area.length / UNIT;
  area[2] = ENGLISH;
  area.set(fields, fields_at);
  area[fields_at + fields.length] = END_OF_FIELDS;
  area[area.length - 1] = checksum(area, 0, area.length - 1);
  return area;
}
