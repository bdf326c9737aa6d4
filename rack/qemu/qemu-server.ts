import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../lifecycle/clock.ts';
import { Bmc, type BmcOptions } from '../ipmi/bmc.ts';
import type { Machine } from '../machine.ts';
import { RedfishBmc, type RedfishBmcOptions } from '../redfish/redfish-bmc.ts';
import type { Screen } from '../screen/screen.ts';
import { startInBandPort } from './in-band.ts';
import type { QemuHardware } from './qemu-args.ts';
import { QemuMachine } from './qemu-machine.ts';
import { SerialPort } from './serial-port.ts';
import { dial } from './sockets.ts';

export interface QemuServerOptions extends QemuHardware {
  clock: Clock;
  /** UDP port that its BMC listens on, at whatever address it is set to. */
  bmc_port: number;
  /** What its BMC is set to already. Default: nothing; it is new. */
  bmc?: { address: string; users: BmcOptions['users'] };
  /** A BMC that speaks Redfish beside it. Default: there is none. */
  redfish?: Omit<RedfishBmcOptions, 'machine' | 'screen'>;
}

/** A real machine, emulated: firmware with iPXE, kernel, and a BMC that is reached in band and, once it has an address, by LAN. */
export interface QemuServer extends AsyncDisposable {
  readonly machine: Machine;
  /** Its BMC with Redfish, if it has one: with power, boot device, media and screen of this machine. */
  readonly redfish: RedfishBmc | null;
  readonly serial: SerialPort;
  readonly screen: Screen;
  /** Presses the power button. */
  powerOn(): void;
  readonly power: 'on' | 'off';
  /** QEMU's process; null: there is none. */
  readonly pid: number | null;
  /** Address that its BMC listens at; null: it was given none yet. */
  readonly bmc_address: string | null;
  /** What QEMU itself said, and what went wrong with it: '' when all is well. */
  output(): string;
}

const LAN_ADDRESS = 3;

/** Starts the BMC of a server that is off. */
export async function startQemuServer(options: QemuServerOptions): Promise<QemuServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kurogane-qemu-'));
  /** What ends with it, the last one first. */
  const parts: AsyncDisposable[] = [
    { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) },
  ];
  const part = <T extends AsyncDisposable>(each: T): T => {
    parts.push(each);
    return each;
  };
  const end = async (): Promise<void> => {
    for (const each of parts.splice(0).reverse()) await each[Symbol.asyncDispose]();
  };
  try {
    const server = await assemble(options, folder, part);
    return Object.assign(server, { [Symbol.asyncDispose]: end });
  } catch (error) {
    await end();
    throw error;
  }
}

async function assemble(
  options: QemuServerOptions,
  folder: string,
  part: <T extends AsyncDisposable>(each: T) => T,
): Promise<Omit<QemuServer, typeof Symbol.asyncDispose>> {
  const { bmc_port, clock } = options;
  const path = (name: string): string => join(folder, name);
  const serial = part(await SerialPort.start(path('serial')));
  const ends = { qmp: path('qmp'), serial: path('serial'), vnc: path('vnc'), in_band_port: 0 };
  const machine = part(new QemuMachine(clock, options, ends, folder));
  const screen: Screen = { open: () => dial(ends.vnc) };
  const redfish =
    options.redfish === undefined
      ? null
      : part(await RedfishBmc.start({ ...options.redfish, machine, screen }));
  // Until it has an address it is reached in band only.
  const users = options.bmc?.users ?? [];
  const local = part(await Bmc.start({ machine, address: '127.0.0.1', port: 0, users, serial }));
  local.lan.set(LAN_ADDRESS, Uint8Array.from((options.bmc?.address ?? '0.0.0.0').split('.').map(Number)));
  let said = '';
  let lan: { address: string; bmc: Promise<Bmc> } | null = null;
  const started = async (): Promise<Bmc | null> => (await lan?.bmc.catch(() => null)) ?? null;
  part({ [Symbol.asyncDispose]: async () => (await started())?.[Symbol.asyncDispose]() });
  const follow = (): void => {
    const address = (local.lan.get(LAN_ADDRESS) ?? []).join('.');
    if (address !== '0.0.0.0' && address !== lan?.address) {
      const before = lan?.bmc;
      const bmc = (async () => {
        await (await before)?.[Symbol.asyncDispose]();
        return Bmc.start({ machine, address, port: bmc_port, users: local.users, serial });
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
  };
  follow();
  await started();
  ends.in_band_port = part(await startInBandPort(local, follow)).port;
  return {
    ...{ machine, redfish, serial, screen },
    powerOn: () => void machine.command('on'),
    get power() {
      return machine.power;
    },
    get pid() {
      return machine.pid;
    },
    get bmc_address() {
      return lan?.address ?? null;
    },
    output: () => machine.output + said,
  };
}
