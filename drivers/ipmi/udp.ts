import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { u32 } from './codec/bytes.ts';
import { type Flaw, isFlaw } from './codec/flaw.ts';
import { decodePacket, PAYLOAD_TYPE, type Packet } from './codec/packet.ts';

/** Why a datagram was dropped. */
export type DropReason =
  | Flaw
  | 'unknown-session'
  | 'wrong-source'
  /** A sequence number that came before. */
  | 'replayed'
  /** Right in itself, but nobody waits for it (any more). */
  | 'unexpected';

/** Where a BMC is: an IP address, never a name. */
export interface Endpoint {
  address: string;
  port: number;
  family: 4 | 6;
}

/** The console's end of a session. */
export interface Receiver {
  readonly endpoint: Endpoint;
  /** Takes a packet that came from the endpoint with this session's id; null: it was used. */
  receive(packet: Packet): DropReason | null;
}

/** Replies of many BMCs arrive at once. The kernel gives at most net.core.rmem_max. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** Session setup: the header's session id is 0, the console's id is in the payload. IPMI v2.0 13.17 to 13.23 */
const SETUP_REPLIES: ReadonlySet<number> = new Set([
  PAYLOAD_TYPE.openSessionResponse,
  PAYLOAD_TYPE.rakp2,
  PAYLOAD_TYPE.rakp4,
]);

/**
 * The driver's only way to the network: one socket (per IP version) for all sessions, told apart by the console's session
 * id. What is not right is dropped and counted. The socket is opened by the first session and closed by `dispose`.
 */
export class UdpChannel implements Disposable {
  readonly #receivers = new Map<number, Receiver>();
  /** Sessions that were begun, by endpoint, until they are active or forgotten; those of v1.5 until they are forgotten. */
  readonly #setups = new Map<string, Set<Receiver>>();
  readonly #drops = new Map<DropReason, number>();
  readonly #sockets = new Map<4 | 6, Socket>();

  /** Datagrams dropped since the start, by reason. */
  get drops(): Readonly<Partial<Record<DropReason, number>>> {
    return Object.fromEntries(this.#drops);
  }

  /** Sends are not awaited: what is lost is sent again by who waits for the reply. */
  send(datagram: Uint8Array, endpoint: Endpoint): void {
    this.#socket(endpoint.family).send(datagram, endpoint.port, endpoint.address);
  }

  has(console_session_id: number): boolean {
    return this.#receivers.has(console_session_id);
  }

  /** From now on the receiver gets what comes for this session id. */
  register(console_session_id: number, receiver: Receiver): void {
    this.#receivers.set(console_session_id, receiver);
    const key = keyOf(receiver.endpoint);
    const setups = this.#setups.get(key);
    if (setups === undefined) this.#setups.set(key, new Set([receiver]));
    else setups.add(receiver);
  }

  /** The receiver's session is active, or will never be. */
  endSetup(receiver: Receiver): void {
    const key = keyOf(receiver.endpoint);
    const setups = this.#setups.get(key);
    setups?.delete(receiver);
    if (setups?.size === 0) this.#setups.delete(key);
  }

  unregister(console_session_id: number, receiver: Receiver): void {
    this.#receivers.delete(console_session_id);
    this.endSetup(receiver);
  }

  [Symbol.dispose](): void {
    this.#receivers.clear();
    this.#setups.clear();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #socket(family: 4 | 6): Socket {
    const open = this.#sockets.get(family);
    if (open !== undefined) return open;
    const socket = createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      recvBufferSize: RECEIVE_BUFFER,
      // Addresses only: names were resolved before, and the default would cost a turn of the event loop per datagram.
      lookup: (address, _options, found) => found(null, address, family),
    });
    socket.on('message', (datagram, source) => this.#receive(datagram, source));
    // An unreachable network is silence to who waits; without a listener it would end the process.
    socket.on('error', () => undefined);
    this.#sockets.set(family, socket);
    return socket;
  }

  #receive(datagram: Uint8Array, source: RemoteInfo): void {
    const reason = this.#deliver(datagram, source);
    if (reason !== null) this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + 1);
  }

  #deliver(datagram: Uint8Array, source: RemoteInfo): DropReason | null {
    const packet = decodePacket(datagram);
    if (isFlaw(packet)) return packet;
    // v1.5 has no id that a console chose.
    if (packet.version === 1.5) return this.#deliverBySource(packet, source);
    const is_setup = SETUP_REPLIES.has(packet.payload_type);
    if (is_setup && packet.payload.length < 8) return this.#deliverBySource(packet, source);
    const receiver = this.#receivers.get(is_setup ? u32(packet.payload, 4) : packet.session_id);
    if (receiver === undefined) return 'unknown-session';
    const { address, port } = receiver.endpoint;
    if (source.port !== port || source.address !== address) return 'wrong-source';
    return receiver.receive(packet);
  }

  /** Some BMCs (OpenIPMI's) refuse a session with tag and status alone: the source tells whose it may be, and the receivers the rest. */
  #deliverBySource(packet: Packet, source: RemoteInfo): DropReason | null {
    let reason: DropReason = packet.version === 2 ? 'truncated' : 'unsupported';
    for (const receiver of this.#setups.get(keyOf(source)) ?? []) {
      const outcome = receiver.receive(packet);
      if (outcome === null) return null;
      reason = outcome;
    }
    return reason;
  }
}

function keyOf({ address, port }: { address: string; port: number }): string {
  return `${address} ${port}`;
}

/** The endpoint of an address or a name. Rejects with Node's DNS errors. */
export async function resolveEndpoint(host: string, port: number): Promise<Endpoint> {
  const version = isIP(host);
  if (version === 4) return { address: host, port, family: 4 };
  const found = version === 6 ? { address: host, family: 6 } : await lookup(host);
  if (found.family === 4) return { address: found.address, port, family: 4 };
  return { address: canonicalIPv6(found.address), port, family: 6 };
}

/** As the kernel writes it in the source of a datagram. */
function canonicalIPv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
