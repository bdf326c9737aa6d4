import { isFlaw } from '../../drivers/ipmi/codec/flaw.ts';
import {
  decodeEmbeddedResponse,
  encodeResponse,
  type RequestMessage,
} from '../../drivers/ipmi/codec/message.ts';
import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import { sendMessage } from '../../drivers/ipmi/commands/send-message.ts';
import { on, type Row } from './handler.ts';

/** What sits on a BMC's bus to other controllers. */
export interface BusDevice {
  /** The response to a whole request message; null: it is none. */
  answerBus(message: Uint8Array): Uint8Array | null;
}

const NOBODY_THERE = 0x83;
const NO_DATA = new Uint8Array(0);

/** A device's place on the buses of a BMC. */
export function placeOf(channel: number, address: number): number {
  return (channel << 8) | address;
}

/** IPMI v2.0 22.7 */
export const BRIDGE_ROWS: readonly Row[] = [
  on(sendMessage, ({ bus }, { channel, message }) => {
    const device = bus.get(placeOf(channel, message[0] ?? 0));
    return device?.answerBus(message) ?? NOBODY_THERE;
  }),
];

/**
 * What a console is answered to a Send Message that got through: that it was handed on, and then the other controller's response under the
 * number of the request. IPMI v2.0 6.13.2
 */
export function trackedResponses(request: RequestMessage, response: Uint8Array): Uint8Array[] {
  const handed_on = encodeResponse(request, COMPLETION_CODE.ok, NO_DATA);
  const inner = decodeEmbeddedResponse(response);
  if (isFlaw(inner)) return [handed_on];
  const { netfn, cmd, completion_code, data } = inner;
  return [handed_on, encodeResponse({ ...request, netfn: netfn & ~1, cmd }, completion_code, data)];
}
