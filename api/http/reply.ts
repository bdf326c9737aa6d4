import type { Json } from '../../lifecycle/json.ts';

/** What a handler answers. */
export interface Reply {
  status: number;
  /** Absent: a reply without body and content type. */
  body?: Json;
  /** JSON text made beforehand, instead of `body`. */
  text?: string;
  headers?: Readonly<Record<string, string>>;
}
