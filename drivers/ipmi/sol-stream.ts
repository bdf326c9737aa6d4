import { type CallOptions, DriverError, type SerialStream } from '../contract.ts';
import type { Bmc } from './bmc.ts';
import { isFlaw } from './codec/flaw.ts';
import { decodeSolPacket, encodeSolPacket, SOL_OPERATION, SOL_STATUS, type SolPacket } from './codec/sol.ts';
import { getDeviceId } from './commands/get-device-id.ts';
import { deactivatePayload, SOL_INSTANCE } from './commands/payload.ts';
import type { Deadline } from './deadlines.ts';
import type { BmcContext } from './driver-options.ts';
import type { Session, SolReceiver } from './session.ts';
import { SolSender } from './sol-sender.ts';
import type { DropReason } from './udp.ts';

/** Printed and not read yet. Beyond it the BMC is told to wait. */
const MAX_UNREAD = 64 * 1024;
/** BMCs end sessions that are silent for 60 s. IPMI v2.0 6.12.15 */
const KEEP_ALIVE_MS = 15_000;
const GOOD_BYE_MS = 2000;
const NO_CHARACTERS = new Uint8Array(0);

/** How the stream ended: with an error, or (null) because the BMC or its holder closed it. */
interface Ending {
  error: DriverError | null;
}

/** The console's end of an activated Serial over LAN payload, in a session of its own. IPMI v2.0 15 */
export class SolStream implements SerialStream, SolReceiver {
  readonly output: AsyncIterable<Uint8Array>;
  readonly #bmc: Bmc;
  readonly #session: Session;
  readonly #context: BmcContext;
  readonly #sender: SolSender;
  readonly #onClosed: () => void;
  readonly #keep_alive: Deadline = { due_ms: 0, expire: () => void this.#keepAlive() };
  #unread: Uint8Array[] = [];
  #unread_bytes = 0;
  #wake: (() => void) | null = null;
  #ending: Ending | null = null;
  #closing: Promise<void> | null = null;
  /** The BMC's last packet, and how much of it was taken: it may come again, and longer. */
  #last_sequence = 0;
  #last_taken = 0;

  /**
   * @param bmc has no other holder; its present session is where the payload is active
   * @param largest characters that the BMC takes in one packet
   */
  constructor(bmc: Bmc, session: Session, context: BmcContext, largest: number, onClosed: () => void) {
    this.#bmc = bmc;
    this.#session = session;
    this.#context = context;
    this.#onClosed = onClosed;
    const { transport, options } = context;
    this.#sender = new SolSender({
      name: bmc.name,
      clock: context.clock,
      deadlines: transport.deadlines,
      largest,
      retry_ms: transport.command_timeout_ms,
      sends: options.command_retries + 1,
      send: (packet) => {
        if (!session.sendSol(encodeSolPacket(packet))) this.#lose('its session has no numbers left');
      },
      onSilence: () => this.#lose('the BMC does not acknowledge what is typed'),
    });
    session.sol = this;
    this.#sender.greet();
    this.output = { [Symbol.asyncIterator]: () => this.#read() };
    this.#restKeepAlive();
  }

  async write(bytes: Uint8Array, options: CallOptions): Promise<void> {
    this.#refuseEnded();
    if (bytes.length > 0) await this.#sender.send(bytes.slice(), 0, options);
  }

  async sendBreak(options: CallOptions): Promise<void> {
    this.#refuseEnded();
    await this.#sender.send(NO_CHARACTERS, SOL_OPERATION.sendBreak, options);
  }

  async flush(options: CallOptions): Promise<void> {
    this.#refuseEnded();
    const both = SOL_OPERATION.flushInbound | SOL_OPERATION.flushOutbound;
    await this.#sender.send(NO_CHARACTERS, both, options);
    this.#unread = [];
    this.#unread_bytes = 0;
  }

  receive(payload: Uint8Array): DropReason | null {
    if (this.#ending !== null) return 'unexpected';
    const packet = decodeSolPacket(payload);
    if (isFlaw(packet)) return packet;
    if (packet.acked_sequence !== 0)
      this.#sender.acknowledged(
        packet.acked_sequence,
        packet.accepted,
        (packet.flags & SOL_STATUS.nack) !== 0,
      );
    if (packet.sequence !== 0) this.#take(packet);
    if ((packet.flags & SOL_STATUS.deactivated) !== 0) this.#end({ error: null });
    return null;
  }

  sessionEnded(): void {
    this.#lose('the BMC ended the session or restarted');
  }

  /** Deactivates the payload and ends the session, with a word to the BMC where there is one. Does not throw. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const active = this.#ending === null;
    this.#end({ error: null });
    if (active)
      await this.#bmc
        .execute(deactivatePayload, SOL_INSTANCE, { timeout_ms: GOOD_BYE_MS })
        .catch(() => undefined);
    await this.#bmc.close();
    this.#onClosed();
  }

  /** Characters of the server: acknowledged, or refused while the reader is behind. */
  #take({ sequence, characters }: SolPacket): void {
    if (sequence !== this.#last_sequence) {
      this.#last_sequence = sequence;
      this.#last_taken = 0;
    }
    // What comes again may have grown: only its end is new. IPMI v2.0 15.11
    const fresh = characters.subarray(this.#last_taken);
    const has_room = this.#unread_bytes + fresh.length <= MAX_UNREAD;
    if (has_room && fresh.length > 0) {
      this.#last_taken = characters.length;
      this.#unread.push(fresh.slice());
      this.#unread_bytes += fresh.length;
      this.#wakeReader();
    }
    this.#session.sendSol(
      encodeSolPacket({
        sequence: 0,
        acked_sequence: sequence,
        accepted: this.#last_taken,
        flags: has_room ? 0 : SOL_OPERATION.nack,
        characters: NO_CHARACTERS,
      }),
    );
  }

  async *#read(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const chunks = this.#unread;
      if (chunks.length > 0) {
        this.#unread = [];
        this.#unread_bytes = 0;
        yield chunks.length === 1 ? (chunks[0] ?? NO_CHARACTERS) : Uint8Array.from(Buffer.concat(chunks));
      } else if (this.#ending !== null) {
        if (this.#ending.error !== null) throw this.#ending.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #wakeReader(): void {
    this.#wake?.();
    this.#wake = null;
  }

  #refuseEnded(): void {
    if (this.#ending !== null) throw this.#ending.error ?? this.#closedError();
  }

  #closedError(): DriverError {
    return new DriverError('rejected', `${this.#bmc.name}: the console is closed. Open it again.`);
  }

  #lose(why: string): void {
    const message = `${this.#bmc.name}: the console is lost: ${why}. Open it again.`;
    this.#end({ error: new DriverError('unreachable', message) });
  }

  #end(ending: Ending): void {
    if (this.#ending !== null) return;
    this.#ending = ending;
    this.#session.sol = null;
    this.#context.transport.deadlines.delete(this.#keep_alive);
    this.#sender.close(ending.error ?? this.#closedError());
    this.#wakeReader();
  }

  #restKeepAlive(): void {
    const { deadlines, now } = this.#context.transport;
    this.#keep_alive.due_ms = now() + KEEP_ALIVE_MS;
    deadlines.add(this.#keep_alive);
  }

  async #keepAlive(): Promise<void> {
    try {
      await this.#bmc.execute(getDeviceId, {}, { timeout_ms: KEEP_ALIVE_MS });
    } catch {
      this.#lose('the BMC does not answer');
    }
    if (this.#ending === null) this.#restKeepAlive();
  }
}
