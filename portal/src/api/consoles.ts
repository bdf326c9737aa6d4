import { ask } from './http.ts';
import { serverPath } from './servers.ts';

export type ConsoleType = 'serial' | 'graphical';

/** A console that may be opened once. */
export interface ConsoleTicket {
  uuid: string;
  /** What is typed goes nowhere: the account may only look. */
  read_only: boolean;
  /** Of a websocket; good for a minute. */
  url: string;
}

/** @param body `take_over`: somebody else who has the serial port at the BMC loses it. @throws ApiError 409 with the reason why not now */
export async function consoleTicket(
  server: string,
  body: { type: ConsoleType; take_over?: boolean },
  signal: AbortSignal,
): Promise<ConsoleTicket> {
  return await ask<ConsoleTicket>(`${serverPath(server)}/consoles`, { method: 'POST', body, signal });
}
