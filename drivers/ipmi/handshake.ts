import { randomBytes } from 'node:crypto';
import { DriverError } from '../contract.ts';
import type { Call } from './call.ts';
import { u32 } from './codec/bytes.ts';
import { type Flaw, isFlaw } from './codec/flaw.ts';
import { decodeOpenSessionResponse, encodeOpenSessionRequest } from './codec/open-session.ts';
import { encodeV2Packet, PAYLOAD_TYPE } from './codec/packet.ts';
import {
  decodeRakp2,
  decodeRakp4,
  encodeRakp1,
  encodeRakp3,
  NAME_ONLY_LOOKUP,
  RANDOM_LENGTH,
  type Rakp2,
} from './codec/rakp.ts';
import { RAKP_STATUS } from './codec/status-codes.ts';
import type { CipherSuite } from './crypto/cipher-suites.ts';
import {
  type Exchange,
  rakp2AuthCode,
  rakp3AuthCode,
  rakp4IntegrityCheck,
  sameBytes,
  sessionIntegrityKey,
  sessionKeys,
} from './crypto/rakp-keys.ts';
import { SealedChannel } from './crypto/sealed-channel.ts';
import { NoAnswer, Session, type Transport } from './session.ts';
import type { Endpoint } from './udp.ts';

/** Who logs in, and how. */
export interface Credentials {
  username: Uint8Array;
  password: Uint8Array;
  /** K_G; null: the BMC has none, the password stands in. */
  bmc_key: Uint8Array | null;
  privilege: number;
}

export type Handshake =
  | { session: Session }
  /** The BMC does not do this cipher suite. */
  | { refused: 'suite' }
  /** The BMC lost the thread, as after a doubled message: begin again. */
  | { refused: 'again' }
  /** The BMC does not answer the console's proof: it lost the thread, or the reply was lost. */
  | { refused: 'silent' }
  /** The BMC's last proof is wrong: somebody forges, or the BMC key is another one. */
  | { refused: 'proof' }
  /** The BMC has no free session. */
  | { refused: 'full' };

/** Statuses of Open Session Response and RAKP 2/4. IPMI v2.0 table 13-15 */
const SUITE_STATUSES: ReadonlySet<number> = new Set([0x04, 0x05, 0x06, 0x07, 0x10, 0x11]);
const FULL_STATUSES: ReadonlySet<number> = new Set([0x01, 0x0b]);
const AGAIN_STATUSES: ReadonlySet<number> = new Set([0x02, 0x08, 0x0f]);
const NAME_STATUSES: ReadonlySet<number> = new Set([0x0c, 0x0d]);
const ROLE_STATUSES: ReadonlySet<number> = new Set([0x09, 0x0a]);

/** RAKP 3 is not worth more: a BMC that took the first and lost its reply ignores the others. */
const RAKP3_SENDS = 2;

/**
 * Opens a session with one cipher suite. IPMI v2.0 13.15
 * @param name of the BMC in errors: address and port.
 * @throws DriverError unauthorized, or rejected; NoAnswer; the reason of an abort
 */
export async function openSession(
  transport: Transport,
  endpoint: Endpoint,
  credentials: Credentials,
  suite: CipherSuite,
  call: Call,
  sends: number,
  name: string,
): Promise<Handshake> {
  const session = new Session(transport, endpoint, freeSessionId(transport));
  let opened = false;
  try {
    const handshake = await shakeHands(session, credentials, suite, call, sends, name);
    opened = 'session' in handshake;
    return handshake;
  } finally {
    if (!opened) session.forget();
  }
}

async function shakeHands(
  session: Session,
  credentials: Credentials,
  suite: CipherSuite,
  call: Call,
  sends: number,
  name: string,
): Promise<Handshake> {
  const { console_session_id } = session;
  const { username, password, privilege } = credentials;
  // Tags tell the replies of two log-ins to one BMC apart, should it send no session id with them.
  const tag = console_session_id & 0xff;

  const open = await exchange(session, call, sends, {
    type: PAYLOAD_TYPE.openSessionRequest,
    payload: encodeOpenSessionRequest({ tag, privilege, console_session_id, ...suite }),
    reply_type: PAYLOAD_TYPE.openSessionResponse,
    decode: decodeOpenSessionResponse,
  });
  if (open.status !== 0) return refusal(open.status, name, 'the session');
  if (
    open.authentication !== suite.authentication ||
    open.integrity !== suite.integrity ||
    open.confidentiality !== suite.confidentiality
  )
    return { refused: 'suite' };

  const { managed_session_id } = open;
  const console_random = randomBytes(RANDOM_LENGTH);
  const role = NAME_ONLY_LOOKUP | privilege;
  const saidWith = ({ managed_random, guid }: Rakp2): Exchange => ({
    suite,
    console_session_id,
    managed_session_id,
    console_random,
    managed_random,
    guid,
    role,
    username,
  });
  let is_proven = false;
  let lies = 0;
  const rakp2 = await exchange(session, call, sends, {
    type: PAYLOAD_TYPE.rakp1,
    payload: encodeRakp1({ tag, managed_session_id, console_random, role, username }),
    reply_type: PAYLOAD_TYPE.rakp2,
    decode: decodeRakp2,
    // A forged reply must not pass for a wrong password: only the second lie is believed.
    believe: (reply) => {
      is_proven = reply.status !== 0 || sameBytes(rakp2AuthCode(saidWith(reply), password), reply.auth_code);
      if (!is_proven) lies += 1;
      return is_proven || lies >= 2;
    },
  });
  if (rakp2.status !== 0) return refusal(rakp2.status, name, 'the user');
  if (!is_proven)
    throw new DriverError(
      'unauthorized',
      `${name}: the BMC does not have the password given for this user. Check ipmi_username and ipmi_password.`,
    );

  const said = saidWith(rakp2);
  const rakp4 = await exchange(session, call, Math.min(sends, RAKP3_SENDS), {
    type: PAYLOAD_TYPE.rakp3,
    payload: encodeRakp3({ tag, status: 0, managed_session_id, auth_code: rakp3AuthCode(said, password) }),
    reply_type: PAYLOAD_TYPE.rakp4,
    decode: decodeRakp4,
  }).catch((error: unknown) => {
    if (error instanceof NoAnswer && !error.at_deadline && error.sends < sends) return null;
    throw error;
  });
  if (rakp4 === null) return { refused: 'silent' };
  if (rakp4.status !== 0) return refusal(rakp4.status, name, 'the user');
  const sik = sessionIntegrityKey(said, credentials.bmc_key ?? password);
  if (!sameBytes(rakp4IntegrityCheck(said, sik), rakp4.integrity_check)) return { refused: 'proof' };
  session.activate(managed_session_id, new SealedChannel(sessionKeys(suite, sik)));
  return { session };
}

interface SetupMessage<Reply> {
  type: number;
  /** Its first byte is the tag. */
  payload: Uint8Array;
  reply_type: number;
  decode(payload: Uint8Array): Reply | Flaw;
  /** False: the reply is dropped and the message sent again. */
  believe?(reply: Reply): boolean;
}

/** One setup message and its reply: of the right type and tag. */
function exchange<Reply extends { tag: number }>(
  session: Session,
  call: Call,
  sends: number,
  message: SetupMessage<Reply>,
): Promise<Reply> {
  const datagram = encodeV2Packet(message.type, message.payload);
  return session.exchange<Reply>(
    () => datagram,
    (packet, turn) => {
      if (packet.payload_type !== message.reply_type) return 'unexpected';
      const reply = message.decode(packet.payload);
      if (isFlaw(reply)) return reply;
      if (reply.tag !== message.payload[0]) return 'unexpected';
      if (message.believe?.(reply) === false) {
        turn.resend();
        return 'bad-mac';
      }
      turn.answer(reply);
      return null;
    },
    call,
    sends,
    true,
  );
}

/** @throws DriverError when asking again or otherwise would not help */
function refusal(status: number, name: string, what: string): Handshake {
  if (SUITE_STATUSES.has(status)) return { refused: 'suite' };
  if (FULL_STATUSES.has(status)) return { refused: 'full' };
  if (AGAIN_STATUSES.has(status)) return { refused: 'again' };
  const words = RAKP_STATUS[status] ?? `status 0x${status.toString(16).padStart(2, '0')}`;
  if (NAME_STATUSES.has(status))
    throw new DriverError(
      'unauthorized',
      `${name}: the BMC does not know the user (${words}). Check ipmi_username and ipmi_password.`,
    );
  if (ROLE_STATUSES.has(status))
    throw new DriverError(
      'unauthorized',
      `${name}: the BMC does not grant the user this privilege level (${words}). Check ipmi_priv_level and the user's rights on the BMC.`,
    );
  throw new DriverError('rejected', `${name}: the BMC refused ${what} (${words}).`);
}

/** Random, so that it cannot be guessed from outside the wire. */
export function freeSessionId(transport: Transport): number {
  for (;;) {
    const id = u32(randomBytes(4), 0);
    if (id !== 0 && !transport.udp.has(id)) return id;
  }
}
