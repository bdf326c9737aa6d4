import { expect } from 'chai';
import { isFlaw } from '../../../drivers/ipmi/codec/flaw.ts';
import { decodeBoardInfo, decodeFruHeader, decodeProductInfo } from '../../../drivers/ipmi/codec/fru-area.ts';
import { decodeRequest, decodeResponse, encodeRequest } from '../../../drivers/ipmi/codec/message.ts';
import {
  decodeOpenSessionRequest,
  decodeOpenSessionResponse,
  encodeOpenSessionResponse,
} from '../../../drivers/ipmi/codec/open-session.ts';
import { decodePacket, encodeV2Packet, PAYLOAD_TYPE } from '../../../drivers/ipmi/codec/packet.ts';
import {
  decodeRakp1,
  decodeRakp2,
  decodeRakp3,
  decodeRakp4,
  encodeRakp2,
  encodeRakp4,
} from '../../../drivers/ipmi/codec/rakp.ts';
import { decodePresencePing, decodePresencePong } from '../../../drivers/ipmi/codec/rmcp.ts';
import { decodeSensorRecord } from '../../../drivers/ipmi/codec/sdr-record.ts';
import { decodeSolPacket } from '../../../drivers/ipmi/codec/sol.ts';
import { SealedChannel } from '../../../drivers/ipmi/crypto/sealed-channel.ts';
import { decodeSelRecord } from '../../../drivers/ipmi/sel.ts';
import { seededRandom, suite } from './packets.ts';

const PACKETS = 1_000_000;
const K1 = new Uint8Array(20).fill(3);
const K2 = new Uint8Array(20).fill(4);

/** Everything that reads a payload, a message or a record that came from outside. */
const DECODERS: readonly ((payload: Uint8Array) => unknown)[] = [
  decodeRequest,
  decodeResponse,
  decodeOpenSessionRequest,
  decodeOpenSessionResponse,
  decodeRakp1,
  decodeRakp2,
  decodeRakp3,
  decodeRakp4,
  decodeSensorRecord,
  decodeSelRecord,
  decodeFruHeader,
  decodeBoardInfo,
  decodeProductInfo,
  decodePresencePing,
  decodePresencePong,
  decodeSolPacket,
];

describe('IPMI codec, fed with garbage', () => {
  it(`throws nothing and believes nothing in ${PACKETS.toLocaleString('en')} packets`, function () {
    this.timeout(120_000);
    const random = seededRandom(20_261_123);
    const below = (limit: number): number => Math.floor(random() * limit);
    const keys = { suite: suite(3), k1: K1, k2: K2 };
    const channel = new SealedChannel(keys);
    const models = goodPackets(new SealedChannel(keys));
    const counts = { refused: 0, opened: 0, malformed: 0, decoded: 0 };
    for (let number = 0; number < PACKETS; number++) {
      const packet = number % 4 === 0 ? noise(below) : mutated(models[below(models.length)], below);
      try {
        const decoded = decodePacket(packet);
        if (isFlaw(decoded)) counts.refused += 1;
        else if (decoded.version === 2) {
          // Every packet here was changed: none may pass the auth code.
          const opened = channel.open(decoded);
          if (isFlaw(opened)) counts.malformed += 1;
          else counts.opened += 1;
          for (const decode of DECODERS) decode(decoded.payload);
          counts.decoded += 1;
        }
        DECODERS[number % DECODERS.length]?.(packet);
      } catch (error) {
        throw new Error(`threw at ${Buffer.from(packet).toString('hex')}`, { cause: error });
      }
    }
    expect(counts.opened, 'packets believed').to.equal(0);
    // The fuzz reaches every layer.
    expect(counts.refused).to.be.greaterThan(PACKETS / 10);
    expect(counts.decoded).to.be.greaterThan(PACKETS / 10);
  });
});

function goodPackets(channel: SealedChannel): Uint8Array[] {
  const block = new Uint8Array(16).fill(7);
  const message = encodeRequest({ netfn: 6, cmd: 1, rq_seq: 9, data: new Uint8Array(3) });
  return [
    channel.seal(0x0102_0304, 5, message),
    channel.seal(0x0102_0304, 6, new Uint8Array(40)),
    encodeV2Packet(
      PAYLOAD_TYPE.openSessionResponse,
      encodeOpenSessionResponse({
        tag: 1,
        status: 0,
        privilege: 4,
        console_session_id: 1,
        managed_session_id: 2,
        authentication: 1,
        integrity: 1,
        confidentiality: 1,
      }),
    ),
    encodeV2Packet(
      PAYLOAD_TYPE.rakp2,
      encodeRakp2({
        tag: 1,
        status: 0,
        console_session_id: 1,
        managed_random: block,
        guid: block,
        auth_code: new Uint8Array(20),
      }),
    ),
    encodeV2Packet(
      PAYLOAD_TYPE.rakp4,
      encodeRakp4({ tag: 1, status: 0, console_session_id: 1, integrity_check: new Uint8Array(12) }),
    ),
  ];
}

function noise(below: (limit: number) => number): Uint8Array {
  const packet = new Uint8Array(below(10) === 0 ? below(1600) : below(90));
  for (let at = 0; at < packet.length; at++) packet[at] = below(256);
  // Most noise ends at the first bytes: let a part of it through to the deeper layers.
  if (below(2) === 0) packet.set([6, 0, 0xff, 7, below(2) * 6].slice(0, packet.length));
  return packet;
}

/** One to three changes, each of which really changes: a bit, a byte more, some bytes fewer. */
function mutated(model: Uint8Array | undefined, below: (limit: number) => number): Uint8Array {
  if (model === undefined) throw new Error('no model');
  let packet = Uint8Array.from(model);
  const at = 4 + below(packet.length - 4);
  packet[at] = (packet[at] ?? 0) ^ (1 << below(8));
  const more = below(4);
  if (more === 1) packet = packet.slice(0, below(packet.length));
  if (more === 2) packet = Uint8Array.from([...packet, below(256)]);
  if (more === 3 && packet.length > 20) packet[14 + below(2)] = below(256);
  // The last change may have undone the first.
  return Buffer.compare(packet, model) === 0 ? packet.subarray(1) : packet;
}
