import { isFlaw } from '../../drivers/ipmi/codec/flaw.ts';
import { decodeRequest, encodeResponse } from '../../drivers/ipmi/codec/message.ts';
import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import type { BmcState } from './bmc-state.ts';
import { findHandler } from './command-table.ts';

const NO_DATA = new Uint8Array(0);

/** A controller's response to a request that came by its bus, where nobody logs in. null: it is no request. */
export function answerOnBus(bmc: BmcState, message: Uint8Array): Uint8Array | null {
  const request = decodeRequest(message);
  if (isFlaw(request)) return null;
  const handler = findHandler(request.netfn, request.cmd);
  const answer = handler?.answer(bmc, request.data, null) ?? { code: COMPLETION_CODE.invalidCommand };
  return 'data' in answer
    ? encodeResponse(request, COMPLETION_CODE.ok, answer.data)
    : encodeResponse(request, answer.code, NO_DATA);
}
