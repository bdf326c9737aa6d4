import type { ServerResponse } from 'node:http';
import type { Json } from '../../lifecycle/json.ts';

/** What a handler answers. */
export interface Reply {
  status: number;
  /** Absent: a reply without body and content type. */
  body?: Json;
  /** JSON text made beforehand, instead of `body`. */
  text?: string;
  /** The same in pieces, as bytes. */
  pieces?: readonly Buffer[];
  /** Instead of a body: writes one for as long as it likes; its content type stands in `headers`. Never rejects. */
  stream?: (response: ServerResponse) => Promise<void>;
  headers?: Readonly<Record<string, string>>;
}
