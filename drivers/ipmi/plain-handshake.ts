import { randomInt } from 'node:crypto';
import { DriverError } from '../contract.ts';
import type { Call } from './call.ts';
import { isFlaw } from './codec/flaw.ts';
import { decodeResponse, encodeRequest } from './codec/message.ts';
import { AUTH_TYPE, encodeV15Packet } from './codec/packet.ts';
import { COMPLETION_CODE } from './codec/status-codes.ts';
import { activateSession } from './commands/activate-session.ts';
import type { Command } from './commands/command.ts';
import {
  getChannelAuthenticationCapabilities,
  THIS_CHANNEL,
} from './commands/get-channel-authentication-capabilities.ts';
import { getSessionChallenge } from './commands/get-session-challenge.ts';
import { completionError } from './completion-error.ts';
import { PlainChannel } from './crypto/plain-channel.ts';
import { type Credentials, freeSessionId, type Handshake } from './handshake.ts';
import { NoAnswer, Session, type Transport } from './session.ts';
import type { Endpoint } from './udp.ts';

/** In order of preference. None lets anybody in, and MD2 is nothing that libraries still have. */
const USED_TYPES = [AUTH_TYPE.md5, AUTH_TYPE.password] as const;
const UNKNOWN_USER: readonly number[] = [0x81, 0x82];
const FULL: readonly number[] = [0x81, 0x82, 0x83];
/** As when Activate Session comes a second time, because its answer was lost. */
const AGAIN: readonly number[] = [0x84, 0x85];
const TOO_HIGH = 0x86;

/**
 * Opens a v1.5 session. IPMI v2.0 13.14
 * @param name of the BMC in errors
 * @throws DriverError; NoAnswer; the reason of an abort
 */
export async function openPlainSession(
  transport: Transport,
  endpoint: Endpoint,
  credentials: Credentials,
  call: Call,
  sends: number,
  name: string,
): Promise<Handshake> {
  const session = new Session(transport, endpoint, freeSessionId(transport), 1.5);
  let opened = false;
  try {
    const handshake = await logIn(session, credentials, call, sends, name);
    opened = 'session' in handshake;
    return handshake;
  } finally {
    if (!opened) session.forget();
  }
}

async function logIn(
  session: Session,
  { username, password, privilege }: Credentials,
  call: Call,
  sends: number,
  name: string,
): Promise<Handshake> {
  const ask = <Request, Response>(command: Command<Request, Response>, request: Request) =>
    askOutside(session, command, request, call, sends);
  const offered = await ask(getChannelAuthenticationCapabilities, {
    channel: THIS_CHANNEL,
    privilege,
    extended: false,
  });
  if ('code' in offered) throw completionError(name, getChannelAuthenticationCapabilities, offered.code);
  const auth_type = USED_TYPES.find((type) => (offered.response.authentication_types & (1 << type)) !== 0);
  if (auth_type === undefined)
    throw new DriverError(
      'unsupported',
      `${name}: the BMC offers neither MD5 nor a straight password for IPMI 1.5 sessions at this level. Enable MD5 on it, or set ipmi_protocol_version to 2.0.`,
    );
  const challenged = await ask(getSessionChallenge, { auth_type, username });
  if ('code' in challenged)
    throw UNKNOWN_USER.includes(challenged.code)
      ? new DriverError(
          'unauthorized',
          `${name}: the BMC does not know the user. Check ipmi_username and ipmi_password.`,
        )
      : completionError(name, getSessionChallenge, challenged.code);

  const { session_id, challenge } = challenged.response;
  session.activate(session_id, new PlainChannel(auth_type, password));
  // Random, so that packets of another session are not taken for this one's.
  const outbound_sequence = randomInt(1, 0x7fff_ffff);
  const activated = await session
    .requestFirst(activateSession, { auth_type, privilege, challenge, outbound_sequence }, call, sends)
    .catch((error: unknown) => {
      // A proof that is wrong is not answered at all.
      if (error instanceof NoAnswer && !error.at_deadline)
        throw new DriverError(
          'unauthorized',
          `${name}: the BMC does not answer the proof of the password. Check ipmi_username and ipmi_password.`,
        );
      throw error;
    });
  const { completion_code } = activated;
  if (FULL.includes(completion_code)) return { refused: 'full' };
  if (AGAIN.includes(completion_code)) return { refused: 'again' };
  if (completion_code !== COMPLETION_CODE.ok) {
    const { message } = completionError(name, activateSession, completion_code);
    const hint =
      completion_code === TOO_HIGH ? " Check ipmi_priv_level and the user's rights on the BMC." : '';
    throw new DriverError('unauthorized', `${message}${hint}`);
  }
  const begun = activateSession.decodeResponse(activated.data);
  if (isFlaw(begun)) return { refused: 'again' };
  // A BMC that needs no auth codes after the log-in says so, authenticated.
  const channel = new PlainChannel(begun.auth_type === AUTH_TYPE.none ? AUTH_TYPE.none : auth_type, password);
  session.activate(begun.session_id, channel, begun.inbound_sequence - 1);
  return { session };
}

/** A message and its response outside any session: nothing of it is authenticated. */
function askOutside<Request, Response>(
  session: Session,
  command: Command<Request, Response>,
  request: Request,
  call: Call,
  sends: number,
): Promise<{ response: Response } | { code: number }> {
  const { netfn, cmd } = command;
  const rq_seq = randomInt(0x40);
  const datagram = encodeV15Packet(
    encodeRequest({ netfn, cmd, rq_seq, data: command.encodeRequest(request) }),
  );
  return session.exchange(
    () => datagram,
    (packet, turn) => {
      const answer = decodeResponse(packet.payload);
      if (isFlaw(answer)) return answer;
      if (answer.rq_seq !== rq_seq || answer.cmd !== cmd || answer.netfn !== (netfn | 1)) return 'unexpected';
      if (answer.completion_code !== COMPLETION_CODE.ok) {
        turn.answer({ code: answer.completion_code });
        return null;
      }
      const response = command.decodeResponse(answer.data);
      if (isFlaw(response)) return response;
      turn.answer({ response });
      return null;
    },
    call,
    sends,
    true,
  );
}
