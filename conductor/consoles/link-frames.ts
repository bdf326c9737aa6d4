/**
 * What two processes of ours say to each other about a console: frames of a type (1 byte), a length (4 bytes) and so many bytes.
 * The first of either side is `hello`.
 */
export const FRAME = {
  /** JSON: what is asked, or the answer. */
  hello: 0,
  /** Bytes: printed, or typed. */
  data: 1,
  /** To the console: a break. */
  sendBreak: 2,
  /** JSON: what was typed is with the BMC (null), or why it is not. In the order of what was typed. */
  done: 3,
  /** JSON: the end of the console, with its reason. */
  end: 4,
} as const;

export interface Frame {
  type: number;
  body: Buffer;
}

const HEADER = 5;
/** What one read of a socket or one message of a viewer may bring, and more. */
const LARGEST = 256 * 1024;

export function encodeFrame(type: number, body: Uint8Array | string): Uint8Array {
  const bytes = Buffer.from(body);
  const frame = Buffer.alloc(HEADER + bytes.length);
  frame.writeUInt8(type, 0);
  frame.writeUInt32BE(bytes.length, 1);
  bytes.copy(frame, HEADER);
  return frame;
}

/** Cuts a stream into frames. @returns takes the next bytes of it; throws Error when it is no such stream */
export function frameReader(): (bytes: Uint8Array) => Frame[] {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([rest, bytes]);
    const frames: Frame[] = [];
    while (rest.length >= HEADER) {
      const length = rest.readUInt32BE(1);
      if (length > LARGEST) throw new Error('A frame of the console link is too large.');
      if (rest.length < HEADER + length) break;
      frames.push({ type: rest.readUInt8(0), body: rest.subarray(HEADER, HEADER + length) });
      rest = rest.subarray(HEADER + length);
    }
    return frames;
  };
}
