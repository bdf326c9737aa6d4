import { createSocket } from 'node:dgram';
import type { Clock } from '../../lifecycle/clock.ts';

/** The other end of a cable: a switch that says who it is. */
export interface LldpSwitch extends AsyncDisposable {
  /** Arguments of QEMU's `-netdev` for the port that is plugged into it. */
  readonly netdev: string;
}

const EVERY_MS = 1000;
const MULTICAST = [0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e];
const CHASSIS = [0x52, 0x54, 0x00, 0xaa, 0x00, 0x01];
const ETHERTYPE = [0x88, 0xcc];
const IEEE_8021 = [0x00, 0x80, 0xc2];

/** Sends an LLDP frame a second to a port of a QEMU machine, whose Ethernet is UDP on loopback. @param vlan_id of the port, untagged */
export async function startLldpSwitch(
  clock: Clock,
  name: string,
  switch_name: string,
  switch_port: string,
  vlan_id: number,
): Promise<LldpSwitch> {
  const socket = createSocket('udp4');
  const bind = (to: typeof socket): Promise<void> =>
    new Promise((resolve, reject) => {
      to.once('error', reject);
      to.bind(0, '127.0.0.1', resolve);
    });
  await bind(socket);
  // A port that is free now: QEMU takes it soon.
  const probe = createSocket('udp4');
  await bind(probe);
  const { port } = probe.address();
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  const frame = lldpFrame(switch_name, switch_port, vlan_id);
  // QEMU may not be there yet: what is lost is sent again.
  socket.on('error', () => {});
  const unplugged = new AbortController();
  const speaking = (async () => {
    while (!unplugged.signal.aborted) {
      socket.send(frame, port, '127.0.0.1', () => {});
      await clock.sleep(EVERY_MS, unplugged.signal).catch(() => {});
    }
  })();
  const ends = `local.type=inet,local.host=127.0.0.1,local.port=${port},remote.type=inet,remote.host=127.0.0.1`;
  return {
    netdev: `dgram,id=${name},${ends},remote.port=${socket.address().port}`,
    async [Symbol.asyncDispose]() {
      unplugged.abort();
      await speaking;
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

/** Chassis, port, time to live, name, and the VLAN of the port. IEEE 802.1AB-2016 8, IEEE 802.1Q-2018 D.2.1 */
function lldpFrame(switch_name: string, switch_port: string, vlan_id: number): Buffer {
  const tlv = (type: number, value: Uint8Array): Buffer => {
    const head = Buffer.alloc(2);
    head.writeUInt16BE((type << 9) | value.length);
    return Buffer.concat([head, value]);
  };
  const frame = Buffer.concat([
    Buffer.from([...MULTICAST, ...CHASSIS, ...ETHERTYPE]),
    tlv(1, Buffer.from([4, ...CHASSIS])),
    tlv(2, Buffer.concat([Buffer.from([5]), Buffer.from(switch_port)])),
    tlv(3, Buffer.from([0, 120])),
    tlv(5, Buffer.from(switch_name)),
    tlv(127, Buffer.from([...IEEE_8021, 1, vlan_id >> 8, vlan_id & 0xff])),
    tlv(0, Buffer.alloc(0)),
  ]);
  return frame.length < 60 ? Buffer.concat([frame, Buffer.alloc(60 - frame.length)]) : frame;
}
