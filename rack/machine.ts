import type { Clock } from '../lifecycle/clock.ts';
import { Agent } from './agent.ts';
import type { AgentFaults, AgentHost, MachineIdentity } from './agent-host.ts';
import { cdBoot } from './cd-boot.ts';
import type { Disk, DiskContents } from './disk.ts';
import type { IpxeLimits, IpxeOutcome } from './ipxe-script.ts';
import { networkBoot } from './network-boot.ts';

/** Where a firmware looks for something to boot; those that a virtual server does not have are passed over. */
export type FirmwareDevice = 'pxe' | 'disk' | 'cdrom' | 'bios' | 'safe' | 'floppy' | 'uefihttp';

export interface BootOverride {
  device: FirmwareDevice;
  persistent: boolean;
  mode: 'uefi' | 'bios';
}

/** What the server does now. */
export type Running =
  | { what: 'nothing' }
  | { what: 'firmware' }
  | { what: 'setup' }
  | { what: 'agent'; agent: Agent; kernel: string }
  | ({ what: 'os' } & DiskContents)
  | { what: 'instance ramdisk'; kernel: string; initrds: readonly string[]; args: string }
  | { what: 'iso'; url: string }
  | { what: 'rescue'; password_hash: string }
  | { what: 'no bootable device'; why: string };

export type PowerAction = 'on' | 'off' | 'cycle' | 'reset' | 'soft' | 'nmi';

export interface MachineEvent {
  at_ms: number;
  event: string;
  detail: string;
}

export interface MachineOptions {
  clock: Clock;
  identity: MachineIdentity;
  disks: readonly Disk[];
  /** Base URL of the boot service, as DHCP would tell it at that moment; null: nobody answers on its network. */
  boot_url: () => string | null;
  /** False: kernels and ramdisks are believed to be there. */
  download_kernels: boolean;
  ipxe_limits: IpxeLimits;
  /** Where the firmware looks, in order, when there is no override. */
  boot_order: readonly ('pxe' | 'disk')[];
  delays_ms: { power: number; soft_off: number; post: number };
  time_scale: number;
}

const KEPT_EVENTS = 500;
/** A script that reboots for ever ends in a server that sits there. */
const MAX_REBOOTS_BY_SCRIPT = 20;
const NO_FAULTS: AgentFaults = Object.freeze({});

/** The server behind a BMC: power, boot device, disks, and what runs on it. */
export class Machine implements AgentHost, AsyncDisposable {
  readonly identity: MachineIdentity;
  readonly clock: Clock;
  readonly disks: readonly Disk[];
  readonly time_scale: number;
  agent_faults: AgentFaults = NO_FAULTS;
  vendor_steps: readonly string[] = [];
  readonly erased: AgentHost['erased'] = new Map();
  /** The identify lamp; the time of a timed one is not counted down. */
  identify: 'on' | 'off' | { seconds: number } = 'off';
  nmi_count = 0;
  /** Resets and cycles that were carried out. */
  reboots = 0;
  /** Times that it began to boot. */
  boots = 0;
  readonly #options: MachineOptions;
  #power: 'on' | 'off' = 'off';
  #boot_override: BootOverride | null = null;
  #medium: string | null = null;
  #running: Running = { what: 'nothing' };
  #boot_mode: 'uefi' | 'bios' = 'uefi';
  /** Ends a power action that is still on its way. */
  #pending: AbortController | null = null;
  /** Ends what runs. */
  #session: AbortController | null = null;
  #work: Promise<void> = Promise.resolve();
  #events: MachineEvent[] | null = null;
  #watchers: Set<() => void> | null = null;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.identity = options.identity;
    this.clock = options.clock;
    this.disks = options.disks;
    this.time_scale = options.time_scale;
  }

  get power(): 'on' | 'off' {
    return this.#power;
  }

  get boot_override(): BootOverride | null {
    return this.#boot_override;
  }

  set boot_override(override: BootOverride | null) {
    this.#boot_override = override;
    this.bootOverrideChanged();
  }

  /** URL of what is in its CD drive; null: nothing. */
  get medium(): string | null {
    return this.#medium;
  }

  setMedium(url: string | null): void {
    this.#medium = url;
    this.note('medium', url ?? 'none');
  }

  get running(): Running {
    return this.#running;
  }

  get boot_mode(): 'uefi' | 'bios' {
    return this.#boot_mode;
  }

  /** All that happened, oldest first; the judge of a test. */
  get events(): readonly MachineEvent[] {
    return this.#events ?? [];
  }

  /** Carries a power action out, after the server's delays. False: not possible while it is off. */
  command(action: PowerAction): boolean {
    this.note('power command', action);
    if (this.#power === 'off' && action !== 'on' && action !== 'off' && action !== 'soft') return false;
    this.#apply(action);
    return true;
  }

  /** As if someone at the rack did it: at once. */
  forcePower(power: 'on' | 'off'): void {
    this.#cancelPending();
    if (this.#power === power) return;
    this.note('power forced', power);
    if (power === 'on') this.#switchOn();
    else this.#switchOff();
  }

  shutDown(): void {
    this.#apply('soft');
  }

  restart(): void {
    this.#later(this.#options.delays_ms.soft_off, () => this.#reset());
  }

  enterRescue(password_hash: string): void {
    const running = this.#running;
    if (running.what !== 'agent') return;
    this.#work = this.#work.then(() => running.agent[Symbol.asyncDispose]());
    this.#become({ what: 'rescue', password_hash });
  }

  note(event: string, detail = ''): void {
    this.#events ??= [];
    this.#events.push({ at_ms: this.clock.now(), event, detail });
    if (this.#events.length > KEPT_EVENTS) this.#events.shift();
    for (const watcher of [...(this.#watchers ?? [])]) watcher();
  }

  /** Resolves when the server is as wished; looks after every event. */
  async until(wished: (machine: this) => boolean, signal?: AbortSignal): Promise<void> {
    if (wished(this)) return;
    this.#watchers ??= new Set();
    const watchers = this.#watchers;
    let watcher = (): void => {};
    let stop = (): void => {};
    try {
      await new Promise<void>((resolve, reject) => {
        watcher = () => {
          if (wished(this)) resolve();
        };
        stop = () => reject(signal?.reason);
        signal?.addEventListener('abort', stop);
        watchers.add(watcher);
        if (signal?.aborted === true) stop();
      });
    } finally {
      watchers.delete(watcher);
      signal?.removeEventListener('abort', stop);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelPending();
    this.#switchOff();
    await this.#work;
    for (const disk of this.disks) await disk[Symbol.asyncDispose]();
  }

  /** For machines that have to be told. */
  protected bootOverrideChanged(): void {}

  #apply(action: PowerAction): void {
    const { power, soft_off } = this.#options.delays_ms;
    if (action === 'nmi') {
      this.nmi_count += 1;
      return;
    }
    const act = {
      on: () => this.#switchOn(),
      off: () => this.#switchOff(),
      soft: () => this.#switchOff(),
      cycle: () => this.#reset(),
      reset: () => this.#reset(),
    }[action];
    this.#later(action === 'soft' ? soft_off : power, act);
  }

  #later(delay_ms: number, act: () => void): void {
    this.#cancelPending();
    if (delay_ms === 0) {
      act();
      return;
    }
    const pending = new AbortController();
    this.#pending = pending;
    this.clock.sleep(delay_ms, pending.signal).then(
      () => {
        this.#pending = null;
        act();
      },
      () => {}, // another action came first
    );
  }

  #cancelPending(): void {
    this.#pending?.abort();
    this.#pending = null;
  }

  #reset(): void {
    this.reboots += 1;
    this.#switchOff();
    this.#switchOn();
  }

  #switchOff(): void {
    const ended = this.#running;
    this.#session?.abort();
    this.#session = null;
    this.#power = 'off';
    if (ended.what === 'agent') this.#work = this.#work.then(() => ended.agent[Symbol.asyncDispose]());
    this.#become({ what: 'nothing' });
  }

  #switchOn(): void {
    if (this.#power === 'on') return;
    this.#power = 'on';
    this.boots += 1;
    this.erased.clear();
    const session = new AbortController();
    this.#session = session;
    this.#become({ what: 'firmware' });
    this.#work = this.#work
      .then(() => this.#boot(session.signal))
      .catch((error: unknown) => {
        if (session.signal.aborted) return;
        this.#become({
          what: 'no bootable device',
          why: error instanceof Error ? error.message : String(error),
        });
      });
  }

  #become(running: Running): void {
    this.#running = running;
    this.note('running', running.what);
  }

  async #boot(signal: AbortSignal): Promise<void> {
    for (let reboots = 0; reboots <= MAX_REBOOTS_BY_SCRIPT; reboots += 1) {
      signal.throwIfAborted();
      if (this.#options.delays_ms.post > 0)
        await this.clock.sleep(this.#options.delays_ms.post * this.time_scale, signal);
      // Read when the firmware gets there: an override set during POST still counts.
      const order = this.#takeOrder();
      const failures: string[] = [];
      let again = false;
      for (const device of order) {
        const tried = await this.#try(device, signal);
        signal.throwIfAborted();
        if (tried === 'reboot') {
          again = true;
          break;
        }
        if (typeof tried !== 'string') {
          this.#become(tried);
          if (tried.what === 'agent') tried.agent.start();
          return;
        }
        failures.push(`${device}: ${tried}`);
      }
      if (!again) {
        this.#become({ what: 'no bootable device', why: failures.join(' ') });
        return;
      }
    }
    this.#become({ what: 'no bootable device', why: 'The boot script rebooted too often.' });
  }

  /** Boot devices in the order that they are tried. An override for one boot is used up. */
  #takeOrder(): readonly FirmwareDevice[] {
    const override = this.boot_override;
    this.#boot_mode = override?.mode ?? 'uefi';
    if (override === null) return this.#options.boot_order;
    if (!override.persistent) this.boot_override = null;
    return [override.device, ...this.#options.boot_order.filter((device) => device !== override.device)];
  }

  async #try(device: FirmwareDevice, signal: AbortSignal): Promise<Running | 'reboot' | (string & {})> {
    if (device === 'disk') return await this.#bootDisk();
    if (device === 'bios') return { what: 'setup' };
    if (device === 'cdrom') return await this.#bootCd(signal);
    if (device !== 'pxe' && device !== 'uefihttp') return 'There is no such drive.';
    const { boot_url, download_kernels, ipxe_limits } = this.#options;
    const url = boot_url();
    if (url === null) return 'Nobody answers on the network.';
    const options = { boot_url: url, download_kernels, limits: ipxe_limits };
    return await this.#follow(await networkBoot(this, options, signal));
  }

  async #follow(outcome: IpxeOutcome): Promise<Running | 'reboot' | (string & {})> {
    switch (outcome.end) {
      case 'kernel':
        return this.#bootKernel(outcome);
      case 'san':
        return /^https?:/.test(outcome.target)
          ? { what: 'iso', url: outcome.target }
          : await this.#bootDisk();
      case 'exit':
        return 'The boot script left it to the firmware.';
      case 'reboot':
        return 'reboot';
      case 'poweroff':
        this.forcePower('off');
        return 'The boot script switched the server off.';
      case 'failed':
        return outcome.why;
    }
  }

  #bootKernel({
    kernel,
    initrds,
    args,
  }: Pick<Extract<IpxeOutcome, { end: 'kernel' }>, 'kernel' | 'initrds' | 'args'>): Running {
    const params = new Map(
      args.split(' ').map((param): [string, string] => {
        const equals = param.indexOf('=');
        return equals < 0 ? [param, ''] : [param.slice(0, equals), param.slice(equals + 1)];
      }),
    );
    if (!params.has('ipa-api-url')) return { what: 'instance ramdisk', kernel, initrds, args };
    return { what: 'agent', kernel, agent: new Agent(this, params) };
  }

  async #bootCd(signal: AbortSignal): Promise<Running | string> {
    const { medium } = this;
    if (medium === null) return 'There is no CD.';
    const outcome = await cdBoot(this, medium, signal);
    if (outcome.end === 'kernel') return this.#bootKernel(outcome);
    return outcome.end === 'other' ? { what: 'iso', url: medium } : outcome.why;
  }

  async #bootDisk(): Promise<Running | string> {
    for (const disk of this.disks) {
      const contents = await disk.contents();
      if (contents !== null) return { what: 'os', ...contents };
    }
    return 'No disk has anything to boot.';
  }
}
