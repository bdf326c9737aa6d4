import type { Duplex } from 'node:stream';

/** What a BMC's graphical console leads to. */
export interface Screen {
  /** One viewer's way to it: a stream of RFB (RFC 6143), from the version message on. */
  open(): Duplex;
}
