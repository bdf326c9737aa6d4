import { type Command, emptyRequest, emptyResponse, NETFN, type Nothing, PRIVILEGE } from './command.ts';

/** IPMI v2.0 20.2. Some BMCs reset before they answer. */
export const coldReset: Command<Nothing, Nothing> = {
  name: 'Cold Reset',
  netfn: NETFN.app,
  cmd: 0x02,
  privilege: PRIVILEGE.administrator,
  ...emptyRequest,
  ...emptyResponse,
};
