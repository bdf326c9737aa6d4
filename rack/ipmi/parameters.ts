import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import { nothing } from '../../drivers/ipmi/commands/command.ts';
import { SET_STATE } from '../../drivers/ipmi/commands/configuration.ts';

/** Configuration parameters by number. */
export type Parameters = ReadonlyMap<number, Uint8Array> & {
  set(parameter: number, data: Uint8Array): unknown;
};

const SET_IN_PROGRESS = 0;
const NOT_SUPPORTED = 0x80;
const IN_PROGRESS = 0x81;
const READ_ONLY = 0x82;
const LAN_CHANNELS: readonly number[] = [1, 0x0e];

export function isLanChannel(channel: number): boolean {
  return LAN_CHANNELS.includes(channel);
}

/** The answer to a question for one parameter. */
export function getParameter(
  parameters: Parameters,
  { channel, parameter }: { channel: number; parameter: number },
): { data: Uint8Array } | number {
  if (!isLanChannel(channel)) return COMPLETION_CODE.invalidData;
  const data = parameters.get(parameter);
  return data === undefined ? NOT_SUPPORTED : { data };
}

/** Sets one parameter. @param lengths bytes of each that can be set @param read_only one that is told and not set */
export function setParameter(
  parameters: Parameters,
  { channel, parameter, data }: { channel: number; parameter: number; data: Uint8Array },
  lengths: Readonly<Record<number, number>>,
  read_only: number,
): typeof nothing | number {
  if (!isLanChannel(channel)) return COMPLETION_CODE.invalidData;
  if (parameter === read_only) return READ_ONLY;
  const length = lengths[parameter];
  if (length === undefined) return NOT_SUPPORTED;
  if (data.length < length) return COMPLETION_CODE.lengthInvalid;
  const busy = parameters.get(SET_IN_PROGRESS)?.[0] === SET_STATE.inProgress;
  if (parameter === SET_IN_PROGRESS && data[0] === SET_STATE.inProgress && busy) return IN_PROGRESS;
  parameters.set(parameter, data.slice(0, length));
  return nothing;
}
