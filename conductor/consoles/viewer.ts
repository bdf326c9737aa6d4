import type { CallOptions } from '../../drivers/contract.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';

/**
 * Why somebody sees a console no more.
 * - `ended`: the BMC closed it.
 * - `unavailable`: the way to it is lost.
 * - `too_slow`: more was printed than was read.
 * - `stopped`: whoever keeps it keeps it no more.
 */
export const CONSOLE_ENDS = ['ended', 'unavailable', 'too_slow', 'stopped'] as const;
export type ConsoleEnd = (typeof CONSOLE_ENDS)[number];

/** Somebody who looks at a console. */
export interface ConsoleViewer {
  /** What the server prints, at first what it printed last. False: the viewer cannot follow, and is sent away. */
  data(bytes: Uint8Array): boolean;
  /** Said once, and nothing after it. */
  ended(reason: ConsoleEnd, why: string): void;
}

/** A viewer's end of a console. */
export interface Attachment {
  /** Types into it. @throws DriverError: `unreachable` while the way to the server's serial port is being made anew */
  write(bytes: Uint8Array, options: CallOptions): Promise<void>;
  sendBreak(options: CallOptions): Promise<void>;
  detach(): void;
}

/** What leads to the serial ports of servers, wherever they are kept open. */
export interface ConsoleWay {
  /**
   * Shows the serial port of a node to somebody; it is opened for the first who looks. `take_over`: from whoever has it besides us.
   * @throws DriverError: `busy` somebody else has it, or as many look as may; `unsupported`; `unreachable`
   */
  attach(
    node: Pick<NodeRecord, 'uuid' | 'driver' | 'conductor_group'>,
    viewer: ConsoleViewer,
    take_over: boolean,
  ): Promise<Attachment>;
}
