import type { CallOptions } from '../contract.ts';
import type { Bmc } from './bmc.ts';
import type { Command } from './commands/command.ts';
import type { IpmiInfo } from './driver-info.ts';

/** Who carries out a node's commands: its BMC, or a controller behind it. */
export interface Controller {
  /** In errors. */
  readonly name: string;
  /** The node's own. */
  readonly info: IpmiInfo;
  execute<Request, Response>(
    command: Command<Request, Response>,
    request: Request,
    options: CallOptions,
  ): Promise<Response>;
}

/** The controller that `info` leads to, by a BMC that is shared with others of the same log-in. */
export function controllerOf(bmc: Bmc, info: IpmiInfo): Controller {
  const { route } = info;
  const path = route?.hops.map(
    ({ channel, address }) => ` > 0x${address.toString(16)} on channel ${channel}`,
  );
  return {
    name: `${bmc.name}${path?.join('') ?? ''}`,
    info,
    execute: (command, request, options) => bmc.execute(command, request, options, route),
  };
}
