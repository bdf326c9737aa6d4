/** What is on a screen, in bands from top to bottom, each of which is sent again when it changed. */
export interface Picture {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  bands(): readonly Band[];
  /** A key of the viewer, by its X11 keysym (RFC 6143 7.5.4). */
  key(keysym: number, pressed: boolean): void;
  /** Tells of changes until what is returned is called. */
  onChange(listener: () => void): () => void;
}

export interface Band {
  y: number;
  height: number;
  /** Bands that show the same look the same. */
  shows: string;
  /** 0xRRGGBB, line by line. */
  pixels(): Uint32Array;
}

/** How a viewer wants pixels. RFC 6143 7.4 */
export interface PixelFormat {
  bytes: number;
  big_endian: boolean;
  /** Of red, green and blue. */
  greatest: readonly [number, number, number];
  shift: readonly [number, number, number];
}

/** 32 bits per pixel, depth 24, little endian, true colour: red, green and blue of 8 bits from 16, 8 and 0 on. */
export const PIXEL_FORMAT = Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);

/** @param from 16 bytes. */
export function pixelFormat(from: Buffer): PixelFormat {
  return {
    bytes: (from[0] ?? 32) / 8,
    big_endian: from[2] !== 0,
    greatest: [from.readUInt16BE(4), from.readUInt16BE(6), from.readUInt16BE(8)],
    shift: [from[10] ?? 0, from[11] ?? 0, from[12] ?? 0],
  };
}

/** A FramebufferUpdate of raw rectangles, one for each band. RFC 6143 7.6.1, 7.7.1 */
export function update(width: number, bands: readonly Band[], format: PixelFormat): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(bands.length, 2);
  return Buffer.concat([head, ...bands.flatMap((band) => rectangle(width, band, format))]);
}

function rectangle(width: number, band: Band, format: PixelFormat): Buffer[] {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(band.y, 2);
  head.writeUInt16BE(width, 4);
  head.writeUInt16BE(band.height, 6);
  const pixels = band.pixels();
  const bytes = Buffer.alloc(pixels.length * format.bytes);
  const known = new Map<number, Buffer>();
  for (const [at, colour] of pixels.entries()) {
    const encoded = known.get(colour) ?? encode(colour, format);
    known.set(colour, encoded);
    encoded.copy(bytes, at * format.bytes);
  }
  return [head, bytes];
}

function encode(colour: number, { bytes, big_endian, greatest, shift }: PixelFormat): Buffer {
  let value = 0;
  for (const [at, from] of [16, 8, 0].entries()) {
    const part = Math.round((((colour >> from) & 0xff) * (greatest[at] ?? 0)) / 255);
    value += part * 2 ** (shift[at] ?? 0);
  }
  const pixel = Buffer.alloc(bytes);
  if (big_endian) pixel.writeUIntBE(value, 0, bytes);
  else pixel.writeUIntLE(value, 0, bytes);
  return pixel;
}
