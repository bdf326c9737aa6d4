import { putU32, u32 } from '../codec/bytes.ts';
import { type Command, emptyRequest, emptyResponse, NETFN, type Nothing, PRIVILEGE } from './command.ts';

/** Seconds since 1970 on the BMC's clock, of which the event log takes its times. IPMI v2.0 37 */
export interface SelTime {
  time_s: number;
}

const LENGTH = 4;

function encodeTime({ time_s }: SelTime): Uint8Array {
  const data = new Uint8Array(LENGTH);
  putU32(data, 0, time_s);
  return data;
}

function decodeTime(data: Uint8Array): SelTime | 'truncated' {
  return data.length < LENGTH ? 'truncated' : { time_s: u32(data, 0) };
}

/** IPMI v2.0 31.10 */
export const getSelTime: Command<Nothing, SelTime> = {
  name: 'Get SEL Time',
  netfn: NETFN.storage,
  cmd: 0x48,
  privilege: PRIVILEGE.user,
  ...emptyRequest,
  encodeResponse: encodeTime,
  decodeResponse: decodeTime,
};

/** IPMI v2.0 31.11 */
export const setSelTime: Command<SelTime, Nothing> = {
  name: 'Set SEL Time',
  netfn: NETFN.storage,
  cmd: 0x49,
  privilege: PRIVILEGE.operator,
  encodeRequest: encodeTime,
  decodeRequest: decodeTime,
  ...emptyResponse,
};
