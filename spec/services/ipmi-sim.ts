import { createSocket } from 'node:dgram';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePresencePing } from '../../drivers/ipmi/codec/rmcp.ts';
import { freePort } from './free-port.ts';
import { type Child, startChild } from './process.ts';

/** OpenIPMI's ipmi_sim: a BMC that is not ours. It does cipher suite 3, not 17. */
export interface IpmiSim extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly pid: number;
  /** The server's truth, as its chassis program keeps it. */
  power(): Promise<'on' | 'off'>;
  setPower(power: 'on' | 'off'): Promise<void>;
  /** The boot device in the simulator's words: none, pxe, default, cdrom, bios … */
  bootDevice(): Promise<string>;
  /** What identify was asked for last: seconds, and 1 for ever. */
  identify(): Promise<string>;
}

export interface IpmiSimOptions {
  address?: string;
  /** Default: a free one. */
  port?: number;
  power?: 'on' | 'off';
  /**
   * False: no chassis program. The power state is the simulator's own then and never changes, but each question for it
   * costs no process: for benchmarks.
   */
  chassis?: boolean;
  /** K_G: it takes 16 bytes in hex. */
  hex_kg_key?: string;
  /** TCP port of 127.0.0.1 that it connects to as the server's serial port. */
  serial_port?: number;
}

const USERNAME = 'admin';
const PASSWORD = 'sim-s3cret';
const ANSWER_LIMIT_MS = 15_000;

/** Starts one simulator in a temporary folder of its own; resolves when it answers. */
export async function startIpmiSim(options: IpmiSimOptions = {}): Promise<IpmiSim> {
  const address = options.address ?? '127.0.0.1';
  const port = options.port ?? (await freePort('udp', address));
  const folder = await mkdtemp(join(tmpdir(), 'kurogane-ipmi-sim-'));
  const at = (name: string): string => join(folder, name);
  let child: Child | null = null;
  const dispose = async (): Promise<void> => {
    await child?.stop(1000);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await mkdir(at('state'));
    await Promise.all([
      writeFile(at('power'), options.power === 'on' ? '1' : '0'),
      writeFile(at('boot'), 'none'),
      writeFile(at('identify'), ''),
      writeFile(
        at('lan.conf'),
        lanConfig(address, port, options.chassis === false ? null : at('chassis'), options),
      ),
      writeFile(at('sim.emu'), EMULATION),
      writeFile(at('chassis'), chassisProgram(folder)),
    ]);
    await chmod(at('chassis'), 0o755);
    // -n: no console on standard input; -p: print nothing to it.
    const args = ['-c', at('lan.conf'), '-f', at('sim.emu'), '-s', at('state'), '-n', '-p'];
    child = await startChild({ command: 'ipmi_sim', args, cwd: folder });
    await answering(address, port, child);
  } catch (error) {
    await dispose();
    throw error;
  }
  const text = async (name: string): Promise<string> => (await readFile(at(name), 'utf8')).trim();
  return {
    address,
    port,
    username: USERNAME,
    password: PASSWORD,
    pid: child.pid,
    power: async () => ((await text('power')) === '1' ? 'on' : 'off'),
    setPower: (power) => writeFile(at('power'), power === 'on' ? '1' : '0'),
    bootDevice: () => text('boot'),
    identify: () => text('identify'),
    [Symbol.asyncDispose]: dispose,
  };
}

function lanConfig(
  address: string,
  port: number,
  chassis: string | null,
  { hex_kg_key, serial_port }: IpmiSimOptions,
): string {
  return `name "sim"
set_working_mc 0x20
startlan 1
  addr ${address} ${port}
  priv_limit admin
  allowed_auths_callback none md2 md5 straight
  allowed_auths_user none md2 md5 straight
  allowed_auths_operator none md2 md5 straight
  allowed_auths_admin none md2 md5 straight
  guid a123456789abcdefa123456789abcdef
${hex_kg_key === undefined ? '' : `  bmc_key ${hex_kg_key}`}
endlan
${chassis === null ? '' : `chassis_control "${chassis} 0x20"`}
${serial_port === undefined ? '' : `sol "tcp:127.0.0.1:${serial_port}" 115200`}
user 2 true "${USERNAME}" "${PASSWORD}" admin 10 none md2 md5 straight
`;
}

/** A second controller at 82h. Sensor "Temp 1" (number 1, M=1, degrees C), one SEL entry. Any error in this file leaves the simulator silent. */
const EMULATION = `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
sensor_add 0x20 0 1 0x01 0x01
sensor_set_value 0x20 0 1 0x28 1
sensor_set_threshold 0x20 0 1 settable 111111 0x5f 0x5a 0x50 0x00 0x00 0x00
sensor_set_event_support 0x20 0 1 enable scanning per-state 000111111111111 000111111111111 000111111111111 000111111111111
main_sdr_add 0x20 0x00 0x00 0x51 0x01 0x31 0x20 0x00 0x01 0x03 0x01 0x7f 0x68 0x01 0x01 0x95 0x0a 0x95 0x0a 0x3f 0x3f 0x80 0x01 0x00 0x00 0x01 0x00 0x00 0x00 0x00 0x00 0x07 0x28 0x50 0x10 0x7f 0x80 0x5f 0x5a 0x50 0x00 0x00 0x00 0x01 0x01 0x00 0x00 0x00 0xc6 0x54 0x65 0x6d 0x70 0x20 0x31
sel_add 0x20 0x02 0x00 0x00 0x00 0x5f 0x20 0x00 0x04 0x01 0x01 0x01 0x57 0x30 0x28
mc_enable 0x20
mc_add 0x82 0 no-device-sdrs 0x23 7 6 0x9f 0x1291 0xf03
mc_enable 0x82
`;

/**
 * ipmi_sim asks this program: \`<mc> get|check|set <name> <value> …\`, and it answers \`name:value\` lines.
 * Setting "reset" or "shutdown" is what the chassis commands become.
 */
function chassisProgram(folder: string): string {
  return `#!/bin/sh
cd '${folder}' || exit 1
shift
operation=$1
shift
case $operation in
get)
  for name in "$@"; do
    case $name in
    power) echo "power:$(cat power)" ;;
    boot) echo "boot:$(cat boot)" ;;
    *) exit 1 ;;
    esac
  done
  ;;
check)
  for name in "$@"; do
    case $name in
    power|boot|reset|shutdown|identify) ;;
    *) exit 1 ;;
    esac
  done
  ;;
set)
  while [ $# -gt 0 ]; do
    case $1 in
    power) echo "$2" > power ;;
    boot) echo "$2" > boot ;;
    shutdown) echo 0 > power ;;
    reset) ;;
    identify) echo "$2" > identify ;;
    *) exit 1 ;;
    esac
    shift 2
  done
  ;;
*) exit 1 ;;
esac
`;
}

/** Asks with presence pings until the simulator answers one. */
function answering(address: string, port: number, child: Child): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const end = (finish: () => void): void => {
      clearInterval(asking);
      clearTimeout(limit);
      socket.close();
      finish();
    };
    const ask = (): void => socket.send(encodePresencePing(1), port, address);
    const asking = setInterval(ask, 20);
    const limit = setTimeout(
      () => end(() => reject(new Error(`ipmi_sim is silent. Its output:\n${child.output()}`))),
      ANSWER_LIMIT_MS,
    );
    // Nobody listens there yet.
    socket.on('error', () => undefined);
    socket.once('message', () => end(resolve));
    ask();
  });
}
