import { type CallOptions, DriverError } from '../contract.ts';
import { type Flaw, isFlaw } from './codec/flaw.ts';
import {
  type BoardInfo,
  decodeBoardInfo,
  decodeFruHeader,
  decodeProductInfo,
  FRU_HEADER_LENGTH,
  fruAreaLength,
  type ProductInfo,
} from './codec/fru-area.ts';
import { getFruInventoryAreaInfo } from './commands/get-fru-inventory-area-info.ts';
import { readFruData } from './commands/read-fru-data.ts';
import type { Controller } from './controller.ts';

/** The FRU of the board that the BMC is on, and of the server as a product. IPMI v2.0 43.8 */
const MAIN_FRU = 0;
/** Bytes of one read that every BMC can answer. */
const CHUNK = 16;

export interface FruInventory {
  board: BoardInfo | null;
  product: ProductInfo | null;
}

/** Reads the main FRU's board and product info; what is missing or damaged is null. @throws DriverError */
export async function readFru(bmc: Controller, left: () => CallOptions): Promise<FruInventory> {
  const { size_bytes, by_words } = await bmc.execute(getFruInventoryAreaInfo, { fru_id: MAIN_FRU }, left());
  const unit = by_words ? 2 : 1;

  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const end = Math.min(offset + length, size_bytes);
    const bytes = new Uint8Array(Math.max(0, end - offset));
    for (let at = offset; at < end; ) {
      const count = Math.ceil(Math.min(CHUNK, end - at) / unit);
      const request = { fru_id: MAIN_FRU, offset: at / unit, count };
      const piece = (await bmc.execute(readFruData, request, left())).bytes;
      if (piece.length === 0 || piece.length > count * unit)
        throw new DriverError('rejected', `${bmc.name}: the BMC gives FRU data in wrong pieces.`);
      bytes.set(piece.subarray(0, end - at), at - offset);
      at += piece.length;
    }
    return bytes;
  };

  const area = async <Info>(
    offset: number | null,
    decode: (bytes: Uint8Array) => Info | Flaw,
  ): Promise<Info | null> => {
    if (offset === null) return null;
    const info = decode(await read(offset, fruAreaLength(await read(offset, FRU_HEADER_LENGTH))));
    return isFlaw(info) ? null : info;
  };

  const header = decodeFruHeader(await read(0, FRU_HEADER_LENGTH));
  if (isFlaw(header)) return { board: null, product: null };
  return {
    board: await area(header.board, decodeBoardInfo),
    product: await area(header.product, decodeProductInfo),
  };
}
