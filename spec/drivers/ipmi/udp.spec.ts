import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect } from 'chai';
import { putU32 } from '../../../drivers/ipmi/codec/bytes.ts';
import {
  encodeV2Packet,
  encodeV15Packet,
  PAYLOAD_TYPE,
  type Packet,
} from '../../../drivers/ipmi/codec/packet.ts';
import { type DropReason, type Endpoint, type Receiver, UdpChannel } from '../../../drivers/ipmi/udp.ts';
import { eventually } from '../../contract/driver-bench.ts';

const SESSION_ID = 0x1234_5678;

describe('UDP channel', () => {
  let channel: UdpChannel;
  let bmc: Socket;
  let stranger: Socket;
  let console_port: number;
  let receiver: Receiver;
  let packets: Packet[];

  beforeEach(async () => {
    [bmc, stranger] = await Promise.all([bound(), bound()]);
    channel = new UdpChannel();
    packets = [];
    const endpoint: Endpoint = { address: '127.0.0.1', port: bmc.address().port, family: 4 };
    receiver = {
      endpoint,
      receive: (packet) => {
        packets.push(packet);
        return null;
      },
    };
    channel.register(SESSION_ID, receiver);
    const arrived = once(bmc, 'message');
    channel.send(new Uint8Array(4), endpoint);
    const [, source] = (await arrived) as [Buffer, RemoteInfo];
    console_port = source.port;
  });
  afterEach(async () => {
    channel[Symbol.dispose]();
    await Promise.all(
      [bmc, stranger].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
    );
  });

  const drops = async (from: Socket, datagram: Uint8Array, reason: DropReason): Promise<void> => {
    from.send(datagram, console_port, '127.0.0.1');
    await eventually(
      () => channel.drops,
      (dropped) => Object.keys(dropped).length > 0,
    );
    expect(channel.drops).to.deep.equal({ [reason]: 1 });
    expect(packets).to.deep.equal([]);
  };

  it('hands a packet to the session that it is for', async () => {
    bmc.send(sessionPacket(SESSION_ID), console_port, '127.0.0.1');
    await eventually(
      () => packets.length,
      (count) => count === 1,
    );
    expect(packets[0]?.session_id).to.equal(SESSION_ID);
    expect(channel.drops).to.deep.equal({});
  });

  it('drops the same from another address', () => drops(stranger, sessionPacket(SESSION_ID), 'wrong-source'));
  it('drops what is for another session', () => drops(bmc, sessionPacket(1), 'unknown-session'));
  it('drops what is for no session', () => drops(bmc, sessionPacket(0), 'unknown-session'));
  it('drops what is cut', () => drops(bmc, sessionPacket(SESSION_ID).subarray(0, 14), 'truncated'));
  it('drops an empty datagram', () => drops(bmc, new Uint8Array(0), 'truncated'));
  it('drops what is longer than it says', () =>
    drops(bmc, Buffer.concat([sessionPacket(SESSION_ID), new Uint8Array(1)]), 'oversized'));
  it('drops what is far too long', () => drops(bmc, new Uint8Array(60_000).fill(6), 'oversized'));
  it('drops v1.5 where no session of v1.5 is', () => {
    channel.endSetup(receiver);
    return drops(bmc, encodeV15Packet(new Uint8Array(8)), 'unsupported');
  });
  it('drops a refusal of a session that was not begun there', () =>
    drops(stranger, encodeV2Packet(PAYLOAD_TYPE.openSessionResponse, Uint8Array.of(1, 4)), 'truncated'));
});

function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(socket)));
}

function sessionPacket(session_id: number): Uint8Array {
  const datagram = encodeV2Packet(PAYLOAD_TYPE.ipmi, new Uint8Array(9));
  putU32(datagram, 6, session_id);
  return datagram;
}
