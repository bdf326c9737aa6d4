import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isFlaw } from '../../drivers/ipmi/codec/flaw.ts';
import { decodeResponse, encodeRequest, type ResponseMessage } from '../../drivers/ipmi/codec/message.ts';
import {
  decodeOpenSessionResponse,
  encodeOpenSessionRequest,
} from '../../drivers/ipmi/codec/open-session.ts';
import { decodePacket, encodeV2Packet, PAYLOAD_TYPE } from '../../drivers/ipmi/codec/packet.ts';
import { decodeRakp2, decodeRakp4, encodeRakp1, encodeRakp3 } from '../../drivers/ipmi/codec/rakp.ts';
import type { Command } from '../../drivers/ipmi/commands/command.ts';
import { CIPHER_SUITES, type CipherSuite } from '../../drivers/ipmi/crypto/cipher-suites.ts';
import {
  type Exchange,
  rakp3AuthCode,
  sessionIntegrityKey,
  sessionKeys,
} from '../../drivers/ipmi/crypto/rakp-keys.ts';
import { SealedChannel } from '../../drivers/ipmi/crypto/sealed-channel.ts';

/** Who answers RMCP+. */
export interface Answerer {
  address: string;
  port: number;
}

/** Talks to a BMC datagram by datagram, so that a test can say each of them, right or wrong. */
export class RawConsole implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #bmc: Answerer;
  #inbox: Buffer[] = [];
  #wake = (): void => {};

  private constructor(bmc: Answerer, socket: Socket) {
    this.#bmc = bmc;
    this.#socket = socket;
    socket.on('message', (datagram) => {
      this.#inbox.push(datagram);
      this.#wake();
    });
  }

  /** @param from the address that it speaks from. */
  static async open(bmc: Answerer, from = '127.0.0.1'): Promise<RawConsole> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, from, resolve));
    return new RawConsole(bmc, socket);
  }

  send(datagram: Uint8Array): void {
    this.#socket.send(datagram, this.#bmc.port, this.#bmc.address);
  }

  async receive(): Promise<Buffer> {
    while (this.#inbox.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#inbox.shift() ?? Buffer.alloc(0);
  }

  get waiting(): number {
    return this.#inbox.length;
  }

  async ask(datagram: Uint8Array): Promise<Buffer> {
    this.send(datagram);
    return await this.receive();
  }

  /** The payload of the answer to a session setup payload. */
  async askPayload(type: number, payload: Uint8Array): Promise<Uint8Array> {
    const packet = decodePacket(await this.ask(encodeV2Packet(type, payload)));
    if (isFlaw(packet)) throw new Error(packet);
    return packet.payload;
  }

  /** The RMCP+ status that Open Session ends with, and the BMC's session id. */
  async openSession(
    suite: Pick<CipherSuite, 'authentication' | 'integrity' | 'confidentiality'>,
    privilege = 4,
  ) {
    const { authentication, integrity, confidentiality } = suite;
    const answer = decodeOpenSessionResponse(
      await this.askPayload(
        PAYLOAD_TYPE.openSessionRequest,
        encodeOpenSessionRequest({
          tag: 1,
          privilege,
          console_session_id: 0x11223344,
          authentication,
          integrity,
          confidentiality,
        }),
      ),
    );
    if (isFlaw(answer)) throw new Error(answer);
    return answer;
  }

  /** Opens a session, or tells where and with what status it was refused. */
  async login(
    username: string,
    password: string,
    role = 4,
    suite_id = 17,
  ): Promise<RawSession | { refused: 'open' | 'rakp2' | 'rakp4'; status: number }> {
    const suite = CIPHER_SUITES[suite_id];
    if (suite === undefined) throw new Error(`no suite ${suite_id}`);
    const open = await this.openSession(suite);
    if (open.status !== 0) return { refused: 'open', status: open.status };
    const { managed_session_id, console_session_id } = open;
    const console_random = randomBytes(16);
    const name = Buffer.from(username);
    const rakp1 = encodeRakp1({ tag: 2, managed_session_id, console_random, role, username: name });
    const rakp2 = decodeRakp2(await this.askPayload(PAYLOAD_TYPE.rakp1, rakp1));
    if (isFlaw(rakp2)) throw new Error(rakp2);
    if (rakp2.status !== 0) return { refused: 'rakp2', status: rakp2.status };
    const { managed_random, guid } = rakp2;
    const exchange: Exchange = {
      suite,
      console_session_id,
      managed_session_id,
      console_random,
      managed_random: managed_random.slice(),
      guid: guid.slice(),
      role,
      username: name,
    };
    const secret = Buffer.from(password);
    const rakp3 = encodeRakp3({
      tag: 3,
      status: 0,
      managed_session_id,
      auth_code: rakp3AuthCode(exchange, secret),
    });
    const rakp4 = decodeRakp4(await this.askPayload(PAYLOAD_TYPE.rakp3, rakp3));
    if (isFlaw(rakp4)) throw new Error(rakp4);
    if (rakp4.status !== 0) return { refused: 'rakp4', status: rakp4.status };
    return new RawSession(
      this,
      managed_session_id,
      sessionKeys(suite, sessionIntegrityKey(exchange, secret)),
    );
  }

  /** @throws when it is refused */
  async mustLogin(username: string, password: string, role = 4, suite_id = 17): Promise<RawSession> {
    const session = await this.login(username, password, role, suite_id);
    if (session instanceof RawSession) return session;
    throw new Error(`refused at ${session.refused}: ${session.status}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}

export class RawSession {
  readonly id: number;
  readonly #console: RawConsole;
  readonly #channel: SealedChannel;
  sequence = 0;
  rq_seq = 0;

  constructor(console: RawConsole, id: number, keys: ConstructorParameters<typeof SealedChannel>[0]) {
    this.#console = console;
    this.id = id;
    this.#channel = new SealedChannel(keys);
  }

  /** The datagram of any message at all. */
  sealBytes(message: Uint8Array, sequence?: number, payload_type?: number): Uint8Array {
    if (sequence === undefined) this.sequence += 1;
    return this.#channel.seal(this.id, sequence ?? this.sequence, message, payload_type);
  }

  /** The datagram of a request, sequence numbers and all. */
  seal(netfn: number, cmd: number, data: Uint8Array, rq_seq = this.rq_seq): Uint8Array {
    return this.sealBytes(encodeRequest({ netfn, cmd, rq_seq, data }));
  }

  async run<Request, Response>(
    command: Command<Request, Response>,
    request: Request,
  ): Promise<ResponseMessage> {
    this.rq_seq = (this.rq_seq + 1) & 0x3f;
    return this.unseal(
      await this.#console.ask(this.seal(command.netfn, command.cmd, command.encodeRequest(request))),
    );
  }

  unseal(datagram: Uint8Array): ResponseMessage {
    const packet = decodePacket(datagram);
    if (isFlaw(packet) || packet.version !== 2) throw new Error('no v2 packet');
    const message = this.#channel.open(packet);
    if (isFlaw(message)) throw new Error(message);
    const response = decodeResponse(message);
    if (isFlaw(response)) throw new Error(response);
    return response;
  }
}
