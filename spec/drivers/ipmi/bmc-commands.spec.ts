import { expect } from 'chai';
import type { Command } from '../../../drivers/ipmi/commands/command.ts';
import { getChannelInfo } from '../../../drivers/ipmi/commands/get-channel-info.ts';
import {
  getLanConfiguration,
  setLanConfiguration,
} from '../../../drivers/ipmi/commands/lan-configuration.ts';
import { getSelTime, setSelTime } from '../../../drivers/ipmi/commands/sel-time.ts';
import { setUserPassword } from '../../../drivers/ipmi/commands/set-user-password.ts';
import { getUserAccess, setUserAccess } from '../../../drivers/ipmi/commands/user-access.ts';
import { getUserName, setUserName } from '../../../drivers/ipmi/commands/user-name.ts';
import { hex } from './packets.ts';

const access = { callback_only: false, link_authentication: true, ipmi_messaging: true, privilege: 4 };
const place = { channel: 1, user_id: 9 };

/** One row: what is meant and its bytes, as the specification lays them out. */
function row<Request, Response>(
  command: Command<Request, Response>,
  request: [Request, string],
  response: [Response, string],
) {
  return {
    name: command.name,
    check: () => {
      const wire = command.encodeRequest(request[0]);
      expect(hex(wire), 'request').to.equal(request[1]);
      expect(command.decodeRequest(wire)).to.deep.equal(request[0]);
      const reply = command.encodeResponse(response[0]);
      expect(hex(reply), 'response').to.equal(response[1]);
      expect(command.decodeResponse(reply)).to.deep.equal(response[0]);
    },
    cut: () => {
      for (const [wire, decode] of [
        [command.encodeRequest(request[0]), (data: Uint8Array) => command.decodeRequest(data)],
        [command.encodeResponse(response[0]), (data: Uint8Array) => command.decodeResponse(data)],
      ] as const)
        if (wire.length > 0) expect(decode(wire.subarray(0, 0))).to.equal('truncated');
    },
  };
}

const ROWS = [
  row(
    getChannelInfo,
    [{ channel: 14 }, '0e'],
    [{ channel: 1, medium: 4, active_sessions: 2 }, '01040182f21b000000'],
  ),
  row(getSelTime, [{}, ''], [{ time_s: 0x65432100 }, '00214365']),
  row(setSelTime, [{ time_s: 1 }, '01000000'], [{}, '']),
  row(getUserAccess, [place, '0109'], [{ max_users: 10, enabled: true, ...access }, '0a400034']),
  row(
    setUserAccess,
    [{ ...place, link_authentication: false, ipmi_messaging: true, privilege: 3 }, '910903'],
    [{}, ''],
  ),
  row(getUserName, [{ user_id: 2 }, '02'], [{ name: 'abc' }, `616263${'00'.repeat(13)}`]),
  row(setUserName, [{ user_id: 2, name: '' }, `02${'00'.repeat(16)}`], [{}, '']),
  row(
    setUserPassword,
    [{ user_id: 2, operation: 2, password: Uint8Array.from([0x61]) }, `020261${'00'.repeat(15)}`],
    [{}, ''],
  ),
  row(
    setUserPassword,
    [{ user_id: 2, operation: 2, password: new Uint8Array(17).fill(0x61) }, `8202${'61'.repeat(17)}000000`],
    [{}, ''],
  ),
  row(setUserPassword, [{ user_id: 2, operation: 1, password: new Uint8Array(0) }, '0201'], [{}, '']),
  row(
    getLanConfiguration,
    [{ channel: 1, parameter: 3 }, '01030000'],
    [{ data: Uint8Array.of(192, 0, 2, 1) }, '11c0000201'],
  ),
  row(setLanConfiguration, [{ channel: 1, parameter: 4, data: Uint8Array.of(2) }, '010402'], [{}, '']),
];

describe('IPMI commands for the BMC itself', () => {
  for (const { name, check, cut } of ROWS)
    it(`${name} is written as the specification says, read back, and refused when it is cut`, () => {
      check();
      cut();
    });
});
