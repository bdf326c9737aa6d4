import { isFlaw } from './codec/flaw.ts';
import { decodeEmbeddedResponse, encodeRequest, type ResponseMessage } from './codec/message.ts';
import { COMPLETION_CODE } from './codec/status-codes.ts';
import { sendMessage } from './commands/send-message.ts';

/** Bridging: how a message gets to a controller behind the BMC. IPMI v2.0 6.13 */

export interface Hop {
  channel: number;
  /** On the bus of that channel. */
  address: number;
}

export interface Route {
  /** One or two: the last is the controller itself. */
  hops: readonly Hop[];
  /** The BMC's address on the bus, which the answer is for. */
  local_address: number;
}

/** A message for the controller at the end of the route, wrapped for the BMC. All carry the same sequence number. */
export function encodeBridged(
  { hops, local_address }: Route,
  request: { netfn: number; cmd: number; rq_seq: number; data: Uint8Array },
): Uint8Array {
  const { rq_seq } = request;
  let inner = request;
  for (const { channel, address } of [...hops].reverse()) {
    const message = encodeRequest({ ...inner, rs_addr: address, rq_addr: local_address });
    inner = { ...sendMessage, rq_seq, data: sendMessage.encodeRequest({ channel, message }) };
  }
  return encodeRequest(inner);
}

/**
 * What a response to a bridged command is: the answer, the word that the command was handed on, or neither. BMCs give the answer as a message of its
 * own or inside one to Send Message. A Send Message that failed is the answer, under its own name.
 */
export function bridgedAnswer(
  response: ResponseMessage,
  command: { netfn: number; cmd: number },
): ResponseMessage | 'handed-on' | null {
  const is_wrapper = isAnswerTo(response, sendMessage);
  if (isAnswerTo(response, command) && !is_wrapper) return response;
  if (!is_wrapper) return null;
  if (response.completion_code !== COMPLETION_CODE.ok) return response;
  if (response.data.length === 0) return 'handed-on';
  const inner = decodeEmbeddedResponse(response.data);
  return isFlaw(inner) ? null : bridgedAnswer(inner, command);
}

function isAnswerTo({ netfn, cmd }: ResponseMessage, command: { netfn: number; cmd: number }): boolean {
  return netfn === (command.netfn | 1) && cmd === command.cmd;
}
