import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Image } from './image.ts';

/** A body of known length that is sent as it comes. */
export interface PushBody {
  content_type: string;
  length: number;
  body: AsyncIterable<Uint8Array>;
}

/** The image alone, for HttpPushUri. */
export function plainBody({ path, bytes }: Image): PushBody {
  return { content_type: 'application/octet-stream', length: bytes, body: createReadStream(path) };
}

/** The body of a push (DSP0266 12.6.2, MultipartHttpPushUri): parameters, then the image, with its length known. */
export function pushBody(parameters: object, { path, name, bytes }: Image): PushBody {
  const boundary = `kurogane-${randomBytes(12).toString('hex')}`;
  const head = Buffer.from(
    [
      `--${boundary}`,
      'Content-Disposition: form-data; name="UpdateParameters"',
      'Content-Type: application/json',
      '',
      JSON.stringify(parameters),
      `--${boundary}`,
      `Content-Disposition: form-data; name="UpdateFile"; filename="${name}"`,
      'Content-Type: application/octet-stream',
      '',
      '',
    ].join('\r\n'),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    content_type: `multipart/form-data; boundary=${boundary}`,
    length: head.length + bytes + tail.length,
    body: (async function* () {
      yield head;
      for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
      yield tail;
    })(),
  };
}
