import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../../lifecycle/clock.ts';
import type { MachineIdentity } from '../agent-host.ts';
import { Bmc } from '../ipmi/bmc.ts';
import { DEFAULT_LIMITS } from '../ipxe-script.ts';
import { Machine, type PowerAction } from '../machine.ts';
import { startInBandPort } from './in-band.ts';

export interface QemuServerOptions {
  clock: Clock;
  identity: MachineIdentity;
  /** What DHCP tells its firmware to boot: a URL, as the guest reaches it (this machine is 10.0.2.2). */
  bootfile: string;
  /** UDP port that its BMC listens on, at whatever address it is set to. */
  bmc_port: number;
  /** `-netdev` arguments of further ports, in the order of the identity's MAC addresses from the second on. */
  netdevs: readonly string[];
  /** Grows with each time that it is powered on. */
  serial_log: string;
  memory_mb: number;
  /** A raw disk image. Default: it has no disk. */
  disk?: string;
  /** Ports of this machine's loopback that lead to ports of the guest. */
  forwards?: readonly { from: number; to: number }[];
}

/** A real machine, emulated: firmware with iPXE, kernel, and a BMC that is reached in band and, once it has an address, by LAN. */
export interface QemuServer extends AsyncDisposable {
  readonly machine: Machine;
  /** Presses the power button. */
  powerOn(): void;
  readonly power: 'on' | 'off';
  /** Address that its BMC listens at; null: it was given none yet. */
  readonly bmc_address: string | null;
  /** What QEMU itself said: '' when all is well. */
  output(): string;
}

const LAN_ADDRESS = 3;
const OUTPUT_LIMIT = 8192;

/** Starts the BMC of a server that is off. Its machine runs under TCG, which works wherever QEMU does. */
export async function startQemuServer(options: QemuServerOptions): Promise<QemuServer> {
  const { bmc_port } = options;
  let said = '';
  let child: ChildProcess | null = null;
  let in_band_port = 0;

  function start(): void {
    if (child !== null) return;
    const { boot_override } = machine;
    if (boot_override?.persistent === false) machine.boot_override = null;
    const from_disk = boot_override?.device === 'disk';
    const started = spawn('qemu-system-x86_64', qemuArgs(options, in_band_port, from_disk), {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-OUTPUT_LIMIT);
      });
    started.once('error', (error) => {
      said += error.message;
    });
    started.once('close', () => {
      if (child === started) child = null;
    });
  }
  async function stop(): Promise<void> {
    const running = child;
    if (running === null) return;
    const ended = new Promise<void>((resolve) => running.once('close', () => resolve()));
    running.kill('SIGKILL');
    await ended;
  }

  const machine = new QemuMachine(options, {
    power: () => (child === null ? 'off' : 'on'),
    act: {
      on: start,
      off: () => void stop(),
      soft: () => void child?.stdin?.write('system_powerdown\n'),
      reset: () => void child?.stdin?.write('system_reset\n'),
      cycle: () => void stop().then(start),
      nmi: () => void child?.stdin?.write('nmi\n'),
    },
  });
  // Until it has an address it is reached in band only.
  const local = await Bmc.start({ machine, address: '127.0.0.1', port: 0, users: [] });
  local.lan.set(LAN_ADDRESS, new Uint8Array(4));
  let lan: { address: string; bmc: Promise<Bmc> } | null = null;
  const in_band = await startInBandPort(local, () => {
    const address = (local.lan.get(LAN_ADDRESS) ?? []).join('.');
    if (address !== '0.0.0.0' && address !== lan?.address) {
      const before = lan?.bmc;
      const bmc = (async () => {
        await (await before)?.[Symbol.asyncDispose]();
        return Bmc.start({ machine, address, port: bmc_port, users: local.users });
      })();
      bmc.catch((error: Error) => {
        said += `BMC at ${address}: ${error.message}\n`;
      });
      lan = { address, bmc };
    }
    void lan?.bmc.then(
      (bmc) => {
        bmc.users = local.users;
      },
      () => {},
    );
  });
  in_band_port = in_band.port;
  return {
    machine,
    powerOn: start,
    get power() {
      return machine.power;
    },
    get bmc_address() {
      return lan?.address ?? null;
    },
    output: () => said,
    async [Symbol.asyncDispose]() {
      await stop();
      await in_band[Symbol.asyncDispose]();
      await (await lan?.bmc.catch(() => null))?.[Symbol.asyncDispose]();
      await local[Symbol.asyncDispose]();
    },
  };
}

function qemuArgs(options: QemuServerOptions, in_band_port: number, from_disk: boolean): string[] {
  const { bootfile, disk, forwards = [], identity, memory_mb, netdevs, serial_log } = options;
  const hostfwd = forwards.map(({ from, to }) => `,hostfwd=tcp:127.0.0.1:${from}-:${to}`).join('');
  const { macs, manufacturer, product_name, serial, uuid } = identity;
  return [
    ...[
      '-accel',
      'tcg',
      '-m',
      `${memory_mb}`,
      '-display',
      'none',
      '-monitor',
      'stdio',
      '-serial',
      'chardev:serial',
    ],
    ...[
      '-uuid',
      uuid,
      '-smbios',
      `type=1,manufacturer=${manufacturer},product=${product_name},serial=${serial}`,
    ],
    ...['-smbios', 'type=0,vendor=Kurogane,version=2.10'],
    ...['-netdev', `user,id=n0,bootfile=${bootfile}${hostfwd}`],
    ...['-device', `virtio-net-pci,netdev=n0,mac=${macs[0]},bootindex=${from_disk ? 2 : 1}`],
    ...netdevs.flatMap((netdev, at) => [
      ...['-netdev', netdev],
      ...['-device', `virtio-net-pci,netdev=${/id=(\w+)/.exec(netdev)?.[1]},mac=${macs[at + 1]},romfile=`],
    ]),
    ...['-chardev', `file,id=serial,path=${serial_log},append=on`],
    ...(disk === undefined
      ? []
      : [
          ...['-drive', `if=none,id=disk0,format=raw,cache=unsafe,file=${disk}`],
          ...['-device', `virtio-blk-pci,drive=disk0,bootindex=${from_disk ? 1 : 2}`],
        ]),
    ...['-chardev', `socket,id=ipmi0,host=127.0.0.1,port=${in_band_port},reconnect=1`],
    ...['-device', 'ipmi-bmc-extern,id=bmc0,chardev=ipmi0', '-device', 'isa-ipmi-kcs,bmc=bmc0'],
  ];
}

interface Control {
  power(): 'on' | 'off';
  act: Readonly<Record<PowerAction, () => void>>;
}

/** The machine as its BMC sees it: what runs in it is QEMU's affair. */
class QemuMachine extends Machine {
  readonly #control: Control;

  constructor({ clock, identity }: QemuServerOptions, control: Control) {
    super({
      ...{ clock, identity, disks: [], boot_url: () => null, download_kernels: false },
      ...{ ipxe_limits: DEFAULT_LIMITS, boot_order: [], time_scale: 1 },
      delays_ms: { power: 0, soft_off: 0, post: 0 },
    });
    this.#control = control;
  }

  override get power(): 'on' | 'off' {
    return this.#control.power();
  }

  override command(action: PowerAction): boolean {
    this.note('power command', action);
    if (this.power === 'off' && action !== 'on' && action !== 'off' && action !== 'soft') return false;
    this.#control.act[action]();
    return true;
  }
}
