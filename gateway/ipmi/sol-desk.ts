import type { ConsoleWay } from '../../conductor/consoles/viewer.ts';
import type { Store } from '../../db/store.ts';
import { DriverError, type DriverErrorCode } from '../../drivers/contract.ts';
import { isFlaw } from '../../drivers/ipmi/codec/flaw.ts';
import { PAYLOAD_TYPE } from '../../drivers/ipmi/codec/packet.ts';
import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import type { Command } from '../../drivers/ipmi/commands/command.ts';
import * as payloads from '../../drivers/ipmi/commands/payload.ts';
import { getSolConfiguration, SOL_PARAMETER } from '../../drivers/ipmi/commands/sol-configuration.ts';
import type { Session } from '../../drivers/ipmi/managed/session-table.ts';
import { solParameters } from '../../drivers/ipmi/managed/sol-port.ts';
import { type GoodLease, leasesOver } from '../leases.ts';
import { type Notebook, note } from '../note.ts';
import { BMC_ADDRESS, type IpmiRequest } from './allow-list.ts';
import { SolSeat, type SolSeatParts } from './sol-seat.ts';
import type { IpmiAnswer } from './upstream.ts';

export interface SolDeskParts extends Notebook, Omit<SolSeatParts, 'onOver'> {
  store: Notebook['store'] & Pick<Store, 'bmc_leases' | 'servers' | 'nodes' | 'now'>;
  consoles: ConsoleWay;
  /** The UDP port that clients know. */
  port: number;
  log: { info(facts: object, message: string): void; warn(facts: object, message: string): void };
}

/** An answer; `sent` is called when it is on its way. */
export interface SolAnswer extends IpmiAnswer {
  sent?: () => void;
}

const EMPTY = new Uint8Array(0);
/** IPMI v2.0 24.1, 24.2, 24.9, 26.3 */
const [ACTIVE_ELSEWHERE, DISABLED, NEEDS_ENCRYPTION] = [0x80, 0x81, 0x84];
const [ALREADY_DEACTIVATED, NOT_AVAILABLE, NO_PARAMETER] = [0x80, 0x80, 0x80];
const STANDARD_PAYLOADS = (1 << PAYLOAD_TYPE.ipmi) | (1 << PAYLOAD_TYPE.sol);
const SETUP_PAYLOADS = 0x3f;
const PAYLOAD_VERSION = 0x10;

/** What a console that is not given is called on the wire. */
const REFUSALS: Readonly<Record<DriverErrorCode, number>> = {
  busy: ACTIVE_ELSEWHERE,
  unsupported: DISABLED,
  rejected: DISABLED,
  unauthorized: DISABLED,
  unreachable: COMPLETION_CODE.noResponse,
  timeout: COMPLETION_CODE.noResponse,
};

/** Serial over LAN of all servers: each has one payload, shown on the server's shared console. IPMI v2.0 15, 24 */
export class SolDesk {
  readonly #parts: SolDeskParts;
  /** By server. */
  readonly #seats = new Map<string, SolSeat>();
  readonly #notes = new Set<Promise<void>>();

  constructor(parts: SolDeskParts) {
    this.#parts = parts;
  }

  /** The answer to a command of Serial over LAN; null: the lease is over, and there is none; undefined: it is another command. */
  async answer(
    request: IpmiRequest,
    session: Session,
    good: GoodLease,
  ): Promise<SolAnswer | null | undefined> {
    if (request.rs_addr !== BMC_ADDRESS || request.lun !== 0) return undefined;
    const seat = this.#seats.get(good.lease.server_uuid);
    const asked = questions(request);
    if (asked.is(payloads.activatePayload)) return await this.#activate(request, session, good);
    if (asked.is(payloads.deactivatePayload)) return await this.#deactivate(request, session, good);
    return (
      asked.of(payloads.getPayloadActivationStatus, (of) =>
        isSol(of) ? { capacity: 1, active: seat === undefined ? 0 : 1 } : COMPLETION_CODE.parameterOutOfRange,
      ) ??
      asked.of(payloads.getPayloadInstanceInfo, (of) =>
        isSol(of)
          ? { session_id: seat?.session.id ?? 0, serial_port: 1 }
          : COMPLETION_CODE.parameterOutOfRange,
      ) ??
      asked.of(payloads.getChannelPayloadSupport, () => ({
        ...{ standard: STANDARD_PAYLOADS, setup: SETUP_PAYLOADS },
      })) ??
      asked.of(payloads.getChannelPayloadVersion, ({ payload_type }) =>
        payload_type === PAYLOAD_TYPE.ipmi || payload_type === PAYLOAD_TYPE.sol
          ? { version: PAYLOAD_VERSION }
          : NOT_AVAILABLE,
      ) ??
      asked.of(getSolConfiguration, ({ parameter }) => {
        const { port } = this.#parts;
        const data =
          parameter === SOL_PARAMETER.port
            ? Uint8Array.of(port & 0xff, port >> 8)
            : solParameters().get(parameter);
        return data === undefined ? NO_PARAMETER : { data };
      })
    );
  }

  /** A packet of the payload. */
  receive(session: Session, payload: Uint8Array): void {
    for (const seat of this.#seats.values())
      if (seat.session === session) seat.port.receive(session, payload);
  }

  /** Whether the session has a console open, of which there is one for each server. */
  holds({ id }: Pick<Session, 'id'>): boolean {
    return [...this.#seats.values()].some(({ session }) => session.id === id);
  }

  /** The session is about to end. */
  close(session: Session, why: string): void {
    for (const seat of [...this.#seats.values()]) if (seat.session === session) seat.end(null, why);
  }

  /** Resolves when all that ended is written down. */
  async settled(): Promise<void> {
    await Promise.all(this.#notes);
  }

  async #activate(request: IpmiRequest, session: Session, good: GoodLease): Promise<SolAnswer | null> {
    const { server_uuid, uuid, role } = good.lease;
    const asked = payloads.activatePayload.decodeRequest(request.data);
    if (isFlaw(asked)) return refusal(COMPLETION_CODE.lengthInvalid);
    if (!isSol(asked)) return refusal(COMPLETION_CODE.parameterOutOfRange);
    const write = (status: number | null, why: string | null): Promise<void> =>
      this.#note(good, request, payloads.activatePayload.name, status, why);
    const refuse = async (code: number, why: string): Promise<SolAnswer> => {
      await write(code, why);
      return refusal(code);
    };
    if (role !== 'operator')
      return await refuse(COMPLETION_CODE.insufficientPrivilege, 'The lease is for reading only.');
    if (!asked.encrypted || !asked.authenticated)
      return await refuse(NEEDS_ENCRYPTION, 'Serial over LAN is encrypted here.');
    if (this.#seats.has(server_uuid))
      return await refuse(ACTIVE_ELSEWHERE, 'Serial over LAN is active already.');
    const seat: SolSeat = new SolSeat(session, {
      ...this.#parts,
      onOver: (why) => this.#over(good, seat, why),
    });
    // From now on it is active, so that two who ask at once do not both get it.
    this.#seats.set(server_uuid, seat);
    try {
      if ((await leasesOver(this.#parts.store, [uuid])).size > 0) {
        seat.end(null, 'The lease is over.');
        return null;
      }
      await write(null, null);
      const node = await this.#parts.store.nodes.get(server_uuid);
      if (node === null) throw new DriverError('rejected', 'The server is gone.');
      seat.attached(await this.#parts.consoles.attach(node, seat, false));
    } catch (error) {
      seat.end(null, (error as Error).message);
      if (!(error instanceof DriverError)) throw error;
      this.#parts.log.info({ lease: uuid, err: error }, 'a console was not given to the holder of a lease');
      return refusal(REFUSALS[error.code]);
    }
    const size = seat.port.packet_size;
    const { port } = this.#parts;
    return {
      code: COMPLETION_CODE.ok,
      data: payloads.activatePayload.encodeResponse({ inbound_size: size, outbound_size: size, port }),
      sent: () => seat.begin(),
    };
  }

  async #deactivate(request: IpmiRequest, session: Session, good: GoodLease): Promise<SolAnswer> {
    const asked = payloads.deactivatePayload.decodeRequest(request.data);
    if (isFlaw(asked)) return refusal(COMPLETION_CODE.lengthInvalid);
    if (!isSol(asked)) return refusal(COMPLETION_CODE.parameterOutOfRange);
    const write = (status: number | null, why: string | null): Promise<void> =>
      this.#note(good, request, payloads.deactivatePayload.name, status, why);
    if (good.lease.role !== 'operator') {
      await write(COMPLETION_CODE.insufficientPrivilege, 'The lease is for reading only.');
      return refusal(COMPLETION_CODE.insufficientPrivilege);
    }
    await write(null, null);
    const seat = this.#seats.get(good.lease.server_uuid);
    if (seat === undefined) return refusal(ALREADY_DEACTIVATED);
    seat.end(session, 'It was deactivated.');
    return { code: COMPLETION_CODE.ok, data: EMPTY };
  }

  #over(good: GoodLease, seat: SolSeat, why: string): void {
    const { server_uuid } = good.lease;
    if (this.#seats.get(server_uuid) === seat) this.#seats.delete(server_uuid);
    const { in: bytes_in, out: bytes_out } = seat.count;
    const detail = { method: 'IPMI', path: 'sol', name: 'End of Serial over LAN', status: null };
    const written = note(this.#parts, good, { ...detail, why, bytes_in, bytes_out })
      .catch((error: unknown) => this.#parts.log.warn({ err: error }, 'the end of a console was not noted'))
      .finally(() => this.#notes.delete(written));
    this.#notes.add(written);
  }

  async #note(
    good: GoodLease,
    { netfn, cmd, data }: IpmiRequest,
    name: string,
    status: number | null,
    why: string | null,
  ): Promise<void> {
    const path = Buffer.from([netfn])
      .toString('hex')
      .concat(' ', Buffer.from([cmd]).toString('hex'));
    const hex = Buffer.from(data).toString('hex');
    await note(this.#parts, good, { method: 'IPMI', path, name, data: hex, status, why });
  }
}

function isSol({ payload_type, instance }: { payload_type: number; instance?: number }): boolean {
  return payload_type === PAYLOAD_TYPE.sol && (instance ?? 1) === 1;
}

function refusal(code: number): SolAnswer {
  return { code, data: EMPTY };
}

/** Which command a request is. */
function questions(request: IpmiRequest): {
  is(command: Pick<Command<never, never>, 'netfn' | 'cmd'>): boolean;
  of<Request, Response extends object>(
    command: Command<Request, Response>,
    answer: (asked: Request) => Response | number,
  ): SolAnswer | undefined;
} {
  const is = ({ netfn, cmd }: { netfn: number; cmd: number }): boolean =>
    request.netfn === netfn && request.cmd === cmd;
  return {
    is,
    of(command, answer) {
      if (!is(command)) return undefined;
      const asked = command.decodeRequest(request.data);
      if (isFlaw(asked)) return refusal(COMPLETION_CODE.lengthInvalid);
      const answered = answer(asked);
      if (typeof answered === 'number') return refusal(answered);
      return { code: COMPLETION_CODE.ok, data: command.encodeResponse(answered) };
    },
  };
}
