import { type Flaw, isFlaw } from '../../drivers/ipmi/codec/flaw.ts';
import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import type { Command } from '../../drivers/ipmi/commands/command.ts';
import { rawCommand } from '../../drivers/ipmi/commands/raw.ts';
import type { OpenSession } from '../../drivers/ipmi/managed/session-table.ts';
import type { BmcState } from './bmc-state.ts';

/** A handler's answer: response data, or a completion code. */
type Answer = { data: Uint8Array } | { code: number };

export interface Handler {
  name: string;
  privilege: number | null;
  answer(bmc: BmcState, data: Uint8Array, session: OpenSession | null): Answer;
}

/** A command's key and its handler. */
export type Row = readonly [number, Handler];

/** A command and what the BMC does then. @param act a response, or a completion code. */
export function on<Request, Response>(
  command: Command<Request, Response>,
  act: (bmc: BmcState, request: Request, session: OpenSession | null) => Response | number,
): Row {
  return [
    (command.netfn << 8) | command.cmd,
    {
      name: command.name,
      privilege: command.privilege,
      answer: (bmc, data, session) => {
        const request: Request | Flaw = command.decodeRequest(data);
        if (isFlaw(request))
          return {
            code: request === 'truncated' ? COMPLETION_CODE.lengthInvalid : COMPLETION_CODE.invalidData,
          };
        const answer = act(bmc, request, session);
        return typeof answer === 'number' ? { code: answer } : { data: command.encodeResponse(answer) };
      },
    },
  ];
}

/** A command that has no file of its own: its bytes are read and written here. */
export function onRaw(
  name: string,
  netfn: number,
  cmd: number,
  privilege: number,
  act: (bmc: BmcState, data: Uint8Array) => Uint8Array | number,
): Row {
  const [key, handler] = on(rawCommand(netfn, cmd), act);
  return [key, { ...handler, name, privilege }];
}
