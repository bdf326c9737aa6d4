import type { Certificate } from '../certificate.ts';
import type { BootOverride, Machine } from '../machine.ts';
import { AccountService } from './account-service.ts';
import { Bios } from './bios.ts';
import { CertificateService } from './certificate-service.ts';
import { EventService } from './event-service.ts';
import { LogService } from './log-service.ts';
import { ManagerNetwork } from './manager-network.ts';
import { Parts } from './parts.ts';
import { PATHS } from './paths.ts';
import { Storage } from './storage.ts';
import { Tasks } from './tasks.ts';
import { UpdateService } from './update-service.ts';

export type Lamp = 'Lit' | 'Off' | 'Blinking';
export type Health = 'OK' | 'Warning' | 'Critical';

export interface MediaSlot {
  id: string;
  media_types: readonly string[];
  image: string | null;
  write_protected: boolean;
  /** What it fetches the image with. */
  login: { username: string; password: string } | null;
  protocol: string | null;
}

/** An empty one. */
export function mediaSlot(id: string, media_types: readonly string[]): MediaSlot {
  return { id, media_types, image: null, write_protected: true, login: null, protocol: null };
}

/** What a Redfish BMC knows of its server beside what the server itself is. */
export class RedfishState {
  readonly machine: Machine;
  boot_mode: 'uefi' | 'bios' = 'uefi';
  secure_boot = false;
  chassis_lamp: Lamp = 'Off';
  system_lamp = false;
  health: Health | null = 'OK';
  media: readonly MediaSlot[] = [
    mediaSlot('Cd', ['CD', 'DVD']),
    mediaSlot('Removable', ['Floppy', 'USBStick']),
  ];
  readonly tasks = new Tasks();
  readonly bios: Bios;
  readonly storage: Storage;
  readonly firmware: UpdateService;
  readonly accounts: AccountService;
  readonly network: ManagerNetwork;
  readonly log: LogService;
  readonly parts: Parts;
  readonly events: EventService;
  readonly certificates: CertificateService;
  /** The keys of secure boot: those of the factory, none, or some of the owner's. */
  secure_boot_keys: 'default' | 'none' | 'own' = 'own';
  /** True: it has a graphical console, which is OpenBMC's. */
  has_screen = false;
  screen_enabled = true;
  /** Model of the manager; null: it tells none. */
  model: string | null = null;
  /** Restarts of the BMC itself. */
  restarts = 0;
  /** Goes up with each change, so that ETags do. */
  version = 1;

  constructor(machine: Machine, login: { username: string; password: string; certificate: Certificate }) {
    this.machine = machine;
    this.certificates = new CertificateService(
      login.certificate.cert,
      `${PATHS.manager}/NetworkProtocol/HTTPS/Certificates`,
    );
    this.events = new EventService(machine.clock);
    this.accounts = new AccountService(login.username, login.password);
    this.parts = new Parts(machine, PATHS.system);
    this.network = new ManagerNetwork(machine, PATHS.manager);
    this.log = new LogService(machine, `${PATHS.system}/LogServices`);
    this.bios = new Bios(machine, `${PATHS.system}/Bios`);
    this.storage = new Storage(machine, `${PATHS.system}/Storage`);
    this.firmware = new UpdateService(machine, () => {
      this.restarts += 1;
    });
  }

  setBoot(device: BootOverride['device'] | null, persistent: boolean): void {
    this.machine.boot_override = device === null ? null : { device, persistent, mode: this.boot_mode };
    this.machine.note('boot device', `${device ?? 'none'} ${persistent ? 'persistent' : 'once'}`);
  }

  setBootMode(mode: 'uefi' | 'bios'): void {
    this.boot_mode = mode;
    const { boot_override } = this.machine;
    if (boot_override !== null) this.machine.boot_override = { ...boot_override, mode };
  }

  setChassisLamp(lamp: Lamp): void {
    this.chassis_lamp = lamp;
    this.machine.identify = lamp === 'Off' ? 'off' : 'on';
  }
}
