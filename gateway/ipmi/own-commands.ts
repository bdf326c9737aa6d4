import { isFlaw } from '../../drivers/ipmi/codec/flaw.ts';
import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import { closeSession } from '../../drivers/ipmi/commands/close-session.ts';
import type { Command } from '../../drivers/ipmi/commands/command.ts';
import {
  getChannelAuthenticationCapabilities,
  THIS_CHANNEL,
} from '../../drivers/ipmi/commands/get-channel-authentication-capabilities.ts';
import {
  CIPHER_SUITE_CHUNK,
  encodeCipherSuiteRecords,
  getChannelCipherSuites,
} from '../../drivers/ipmi/commands/get-channel-cipher-suites.ts';
import { setSessionPrivilegeLevel } from '../../drivers/ipmi/commands/set-session-privilege-level.ts';
import { CIPHER_SUITES } from '../../drivers/ipmi/crypto/cipher-suites.ts';
import type { Session } from '../../drivers/ipmi/managed/session-table.ts';
import type { IpmiRequest } from './allow-list.ts';
import type { IpmiAnswer } from './upstream.ts';

interface OwnAnswer extends IpmiAnswer {
  /** The session ends with it. */
  closes?: true;
}

const CHANNEL = 1;
const EMPTY = new Uint8Array(0);
/** IPMI v2.0 22.18, 22.19 */
const [LEVEL_NOT_HAD, UNKNOWN_SESSION] = [0x81, 0x87];

/** What the gateway answers itself: how to log in, and about sessions, which are its own. null: it is the BMC's matter. Pure. */
export function answerOwn(
  request: IpmiRequest,
  session: Pick<Session, 'id' | 'privilege' | 'privilege_limit'> | null,
  suites: readonly number[],
): OwnAnswer | null {
  const asked = <Request, Response>(command: Command<Request, Response>): Request | null => {
    if (request.netfn !== command.netfn || request.cmd !== command.cmd) return null;
    const decoded = command.decodeRequest(request.data);
    return isFlaw(decoded) ? null : decoded;
  };
  const capabilities = asked(getChannelAuthenticationCapabilities);
  if (capabilities !== null)
    return isOurs(capabilities.channel)
      ? ok(
          getChannelAuthenticationCapabilities.encodeResponse({
            ...{ channel: CHANNEL, authentication_types: 0, rmcp_plus: true, ipmi_v15: false },
            ...{ two_key_login: false, logins: 0x04 },
          }),
        )
      : refuse(COMPLETION_CODE.invalidData);
  const listed = asked(getChannelCipherSuites);
  if (listed !== null) {
    const all = encodeCipherSuiteRecords(suites.flatMap((id) => CIPHER_SUITES[id] ?? []));
    const from = listed.index * CIPHER_SUITE_CHUNK;
    const records = all.slice(from, from + CIPHER_SUITE_CHUNK);
    return isOurs(listed.channel)
      ? ok(getChannelCipherSuites.encodeResponse({ channel: CHANNEL, records }))
      : refuse(COMPLETION_CODE.invalidData);
  }
  if (session === null) return null;
  const level = asked(setSessionPrivilegeLevel);
  if (level !== null) {
    if (level.privilege > session.privilege_limit) return refuse(LEVEL_NOT_HAD);
    if (level.privilege !== 0) session.privilege = level.privilege;
    return ok(setSessionPrivilegeLevel.encodeResponse({ privilege: session.privilege }));
  }
  const closed = asked(closeSession);
  if (closed === null) return null;
  return closed.session_id === session.id ? { ...ok(EMPTY), closes: true } : refuse(UNKNOWN_SESSION);
}

function isOurs(channel: number): boolean {
  return channel === CHANNEL || channel === THIS_CHANNEL;
}

function ok(data: Uint8Array): OwnAnswer {
  return { code: COMPLETION_CODE.ok, data };
}

function refuse(code: number): OwnAnswer {
  return { code, data: EMPTY };
}
