import { type Command, emptyRequest, emptyResponse, NETFN, type Nothing, PRIVILEGE } from './command.ts';

/** IPMI v2.0 20.3. Some BMCs reset before they answer. */
export const warmReset: Command<Nothing, Nothing> = {
  name: 'Warm Reset',
  netfn: NETFN.app,
  cmd: 0x03,
  privilege: PRIVILEGE.administrator,
  ...emptyRequest,
  ...emptyResponse,
};
