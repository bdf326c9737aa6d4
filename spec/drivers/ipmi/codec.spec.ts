import { expect } from 'chai';
import fc from 'fast-check';
import { isFlaw } from '../../../drivers/ipmi/codec/flaw.ts';
import {
  decodeBoardInfo,
  decodeFruHeader,
  decodeProductInfo,
  encodeFru,
  fruAreaLength,
} from '../../../drivers/ipmi/codec/fru-area.ts';
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../../drivers/ipmi/codec/message.ts';
import {
  decodeOpenSessionRequest,
  decodeOpenSessionResponse,
  encodeOpenSessionRequest,
  encodeOpenSessionResponse,
} from '../../../drivers/ipmi/codec/open-session.ts';
import { decodePacket, encodeV2Packet, encodeV15Packet } from '../../../drivers/ipmi/codec/packet.ts';
import {
  decodeRakp1,
  decodeRakp2,
  decodeRakp3,
  decodeRakp4,
  encodeRakp1,
  encodeRakp2,
  encodeRakp3,
  encodeRakp4,
} from '../../../drivers/ipmi/codec/rakp.ts';
import {
  decodePresencePing,
  decodePresencePong,
  encodePresencePing,
  encodePresencePong,
} from '../../../drivers/ipmi/codec/rmcp.ts';
import { convertReading, convertTolerance } from '../../../drivers/ipmi/codec/sdr-record.ts';
import {
  decodeSolPacket,
  encodeSolPacket,
  MAX_SOL_CHARACTERS,
  nextSolSequence,
} from '../../../drivers/ipmi/codec/sol.ts';
import { decodeTextField } from '../../../drivers/ipmi/codec/text-field.ts';
import { SealedChannel } from '../../../drivers/ipmi/crypto/sealed-channel.ts';
import { bytes, hex, suite } from './packets.ts';

const byte = fc.integer({ min: 0, max: 255 });
const id = fc.integer({ min: 0, max: 0xffff_ffff });
const block = fc.uint8Array({ minLength: 16, maxLength: 16 });

function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, each: unknown) => (each instanceof Uint8Array ? hex(each) : each)),
  );
}

/** What is encoded is decoded as the same. */
function roundTrips<Value>(
  arbitrary: fc.Arbitrary<Value>,
  encode: (value: Value) => Uint8Array,
  decode: (encoded: Uint8Array) => unknown,
): void {
  fc.assert(
    fc.property(arbitrary, (value) => {
      expect(plain(decode(encode(value)))).to.deep.equal(plain(value));
    }),
  );
}

describe('IPMI codec', () => {
  it('writes a presence ping as ASF says, and reads ping and pong', () => {
    expect(hex(encodePresencePing(0x2a))).to.equal('06000006000011be802a0000');
    expect(decodePresencePing(encodePresencePing(7))).to.deep.equal({ tag: 7 });
    expect(decodePresencePong(encodePresencePong(7))).to.deep.equal({ tag: 7, ipmi: true });
    expect(decodePresencePong(encodePresencePing(7))).to.equal('malformed');
  });

  it('writes Get Chassis Status as every console does', () => {
    const message = encodeRequest({ netfn: 0, cmd: 1, rq_seq: 2, data: new Uint8Array(0) });
    expect(hex(message)).to.equal('2000e081080176');
  });

  it('takes messages apart as it put them together', () => {
    const request = fc.record({
      rs_addr: fc.constant(0x20),
      netfn: fc.integer({ min: 0, max: 31 }).map((half) => half * 2),
      lun: fc.integer({ min: 0, max: 3 }),
      rq_addr: fc.constant(0x81),
      rq_seq: fc.integer({ min: 0, max: 63 }),
      cmd: byte,
      data: fc.uint8Array({ maxLength: 80 }),
    });
    roundTrips(request, encodeRequest, decodeRequest);
    fc.assert(
      fc.property(request, byte, fc.uint8Array({ maxLength: 80 }), (asked, completion_code, data) => {
        const response = decodeResponse(encodeResponse(asked, completion_code, data));
        expect(plain(response)).to.deep.equal({
          rq_addr: asked.rq_addr,
          netfn: asked.netfn + 1,
          rs_addr: asked.rs_addr,
          rq_seq: asked.rq_seq,
          cmd: asked.cmd,
          completion_code,
          data: hex(data),
        });
      }),
    );
  });

  it('takes Serial over LAN packets apart as it put them together', () => {
    const sequence = fc.integer({ min: 0, max: 15 });
    const characters = fc.uint8Array({ maxLength: MAX_SOL_CHARACTERS });
    const packet = fc.record({ sequence, acked_sequence: sequence, accepted: byte, flags: byte, characters });
    roundTrips(packet, encodeSolPacket, decodeSolPacket);
    expect(decodeSolPacket(new Uint8Array(3))).to.equal('truncated');
    expect(decodeSolPacket(new Uint8Array(260))).to.equal('oversized');
    expect([1, 14, 15].map(nextSolSequence)).to.deep.equal([2, 15, 1]);
  });

  it('takes session setup apart as it put it together', () => {
    const algorithms = {
      authentication: fc.integer({ min: 0, max: 63 }),
      integrity: fc.integer({ min: 0, max: 63 }),
      confidentiality: fc.integer({ min: 0, max: 63 }),
    };
    const privilege = fc.integer({ min: 0, max: 15 });
    roundTrips(
      fc.record({ tag: byte, privilege, console_session_id: id, ...algorithms }),
      encodeOpenSessionRequest,
      decodeOpenSessionRequest,
    );
    roundTrips(
      fc.record({
        tag: byte,
        status: fc.constant(0),
        privilege,
        console_session_id: id,
        managed_session_id: id,
        ...algorithms,
      }),
      encodeOpenSessionResponse,
      decodeOpenSessionResponse,
    );
    roundTrips(
      fc.record({
        tag: byte,
        managed_session_id: id,
        console_random: block,
        role: byte,
        username: fc.uint8Array({ maxLength: 16 }),
      }),
      encodeRakp1,
      decodeRakp1,
    );
    const auth_code = fc.uint8Array({ maxLength: 64 });
    roundTrips(
      fc.record({
        tag: byte,
        status: fc.constant(0),
        console_session_id: id,
        managed_random: block,
        guid: block,
        auth_code,
      }),
      encodeRakp2,
      decodeRakp2,
    );
    roundTrips(
      fc.record({ tag: byte, status: byte, managed_session_id: id, auth_code }),
      encodeRakp3,
      decodeRakp3,
    );
    roundTrips(
      fc.record({ tag: byte, status: byte, console_session_id: id, integrity_check: auth_code }),
      encodeRakp4,
      decodeRakp4,
    );
  });

  it('reads a refusal of two bytes, as OpenIPMI sends it', () => {
    const packet = decodePacket(bytes('0600ff07 0611 00000000 00000000 0200 0704'));
    if (isFlaw(packet)) throw new Error(packet);
    expect(decodeOpenSessionResponse(packet.payload)).to.deep.include({ tag: 7, status: 4 });
  });

  it('refuses what is cut, too long or of another protocol, each with its own word', () => {
    const message = encodeV2Packet(0x10, new Uint8Array(32));
    expect(decodePacket(message.subarray(0, 3))).to.equal('truncated');
    expect(decodePacket(message.subarray(0, 20))).to.equal('truncated');
    expect(decodePacket(Buffer.concat([message, new Uint8Array(1)]))).to.equal('oversized');
    expect(decodePacket(Buffer.concat([message, new Uint8Array(1500)]))).to.equal('oversized');
    expect(decodePacket(bytes('0700ff07'))).to.equal('malformed');
    expect(decodePacket(encodePresencePing(1))).to.equal('unsupported');
    expect(decodePacket(encodeV15Packet(new Uint8Array(9)))).to.deep.include({ version: 1.5, session_id: 0 });
  });

  for (const number of [3, 17] as const)
    it(`opens what the other end sealed with suite ${number}, and nothing that was changed`, () => {
      const keys = {
        suite: suite(number),
        k1: new Uint8Array(number === 3 ? 20 : 32).fill(5),
        k2: new Uint8Array(number === 3 ? 20 : 32).fill(9),
      };
      const [sender, receiver] = [new SealedChannel(keys), new SealedChannel(keys)];
      const open = (datagram: Uint8Array): unknown => {
        const packet = decodePacket(datagram);
        return isFlaw(packet) || packet.version !== 2 ? packet : receiver.open(packet);
      };
      for (let length = 0; length < 70; length++) {
        const message = new Uint8Array(length).map((_, at) => at);
        const datagram = sender.seal(0x1234, length + 1, message);
        const twin = sender.seal(0x1234, length + 1, message);
        expect(hex(datagram), 'a new IV each time').not.to.equal(hex(twin));
        // In any order, and after packets that never arrived.
        expect(hex(open(twin) as Uint8Array)).to.equal(hex(message));
        for (let at = 4; at < datagram.length; at++) {
          const changed = datagram.slice();
          changed[at] = (changed[at] ?? 0) ^ 0x10;
          expect(open(changed), `byte ${at} changed`).to.be.a('string');
        }
        expect(hex(open(datagram) as Uint8Array)).to.equal(hex(message));
      }
    });

  it('reads a FRU that it wrote', () => {
    const board = { manufacturer: 'ACME', product_name: 'Board', serial_number: 'B1', part_number: 'P-1' };
    const product = {
      manufacturer: 'ACME',
      product_name: 'Server 9000',
      part_number: 'S9',
      version: '2',
      serial_number: 'SN 42',
      asset_tag: '',
    };
    const fru = encodeFru(board, product);
    const header = decodeFruHeader(fru);
    if (isFlaw(header) || header.board === null || header.product === null) throw new Error('no areas');
    expect(decodeBoardInfo(fru.subarray(header.board))).to.deep.equal(board);
    expect(decodeProductInfo(fru.subarray(header.product))).to.deep.equal(product);
    expect(fruAreaLength(fru.subarray(header.product))).to.equal(fru.length - header.product);
    const spoilt = Uint8Array.from(fru);
    spoilt[header.product + 8] = 0;
    expect(decodeProductInfo(spoilt.subarray(header.product))).to.equal('bad-checksum');
    expect(decodeProductInfo(fru.subarray(header.product, -1))).to.equal('truncated');
  });

  it('reads texts in each encoding', () => {
    const text = (field: string): string => decodeTextField(bytes(field), 0, 0x1f).text;
    expect(text('c3 466f6f')).to.equal('Foo');
    expect(text('83 29dca6')).to.equal('IPMI'); // FRU v1.0 13.3, the example
    expect(text('42 12ab')).to.equal('12 -');
    expect(text('02 12ab')).to.equal('12ab');
    expect(text('c5 466f')).to.equal('Fo');
    expect(text('c4 46006f07')).to.equal('Fo');
  });

  it('converts readings: formats, exponents, linearization', () => {
    const factors = {
      format: 0,
      m: 1,
      b: 0,
      b_exponent: 0,
      r_exponent: 0,
      linearization: 0,
      tolerance: 0,
    };
    expect(convertReading(40, factors)).to.equal(40);
    expect(convertReading(0xff, { ...factors, format: 2 })).to.equal(-1);
    expect(convertReading(0xfe, { ...factors, format: 1 })).to.equal(-1);
    expect(convertReading(7, { ...factors, format: 3 })).to.equal(null);
    expect(convertReading(100, { ...factors, m: 62, r_exponent: -3 })).to.be.closeTo(6.2, 1e-9);
    expect(convertReading(10, { ...factors, m: -2, b: 5, b_exponent: 1 })).to.equal(30);
    expect(convertReading(9, { ...factors, linearization: 10 })).to.equal(3);
    expect(convertReading(4, { ...factors, linearization: 7 })).to.equal(0.25);
    expect(convertReading(0, { ...factors, linearization: 7 })).to.equal(null);
    expect(convertReading(1, { ...factors, linearization: 0x70 })).to.equal(null);
    expect(convertTolerance({ ...factors, m: 2, tolerance: 3 })).to.equal(3);
  });
});
