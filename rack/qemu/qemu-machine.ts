import { type ChildProcess, spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../lifecycle/clock.ts';
import { HttpClient } from '../http-client.ts';
import { DEFAULT_LIMITS } from '../ipxe-script.ts';
import { Machine, type PowerAction } from '../machine.ts';
import { BOOT_DEVICES, bootOrder, type QemuEnds, type QemuHardware, qemuArgs } from './qemu-args.ts';
import { Qmp, type QmpEvent } from './qmp.ts';

const OUTPUT_LIMIT = 8192;
const QUIT_TIMEOUT_MS = 5000;
const FETCH_TIMEOUT_MS = 20_000;
const SETTLE_MS = 1500;

/** A machine that QEMU emulates, as its BMC sees it; what runs in it is QEMU's affair. */
export class QemuMachine extends Machine {
  readonly #hardware: QemuHardware;
  readonly #ends: QemuEnds;
  readonly #folder: string;
  readonly #qmp: Promise<Qmp>;
  /** Ends what is fetched. */
  readonly #closing = new AbortController();
  #child: ChildProcess | null = null;
  /** True: it went down by itself, and QEMU is about to end. */
  #down = false;
  #said = '';
  /** What the BMC does with it, one after the other. */
  #work: Promise<void> = Promise.resolve();
  /** Image in its CD drive. */
  #medium: string | null = null;
  /** Ends the wait for the end of a reset. */
  #settling: AbortController | null = null;
  #media = 0;

  /** @param folder for images of media. */
  constructor(clock: Clock, hardware: QemuHardware, ends: QemuEnds, folder: string) {
    super({
      ...{ clock, identity: hardware.identity, disks: [], boot_url: () => null, download_kernels: false },
      ...{ ipxe_limits: DEFAULT_LIMITS, boot_order: [], time_scale: 1 },
      delays_ms: { power: 0, soft_off: 0, post: 0 },
    });
    this.#hardware = hardware;
    this.#ends = ends;
    this.#folder = folder;
    this.#qmp = Qmp.start(ends.qmp, clock, (event) => this.#hear(event));
    this.#qmp.catch(() => {});
  }

  override get power(): 'on' | 'off' {
    return this.#child === null || this.#down ? 'off' : 'on';
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** What QEMU itself said, and what went wrong with it: '' when all is well. */
  get output(): string {
    return this.#said;
  }

  override command(action: PowerAction): boolean {
    this.note('power command', action);
    if (this.power === 'off' && action !== 'on' && action !== 'off' && action !== 'soft') return false;
    this.#then(
      action,
      {
        on: () => this.#start(),
        off: () => this.#stop(),
        soft: () => this.#ask('system_powerdown'),
        reset: () => this.#ask('system_reset'),
        cycle: async () => {
          await this.#stop();
          await this.#start();
        },
        nmi: async () => {
          this.nmi_count += 1;
          await this.#ask('inject-nmi');
        },
      }[action],
    );
    return true;
  }

  /** Puts what a URL leads to into its CD drive, or takes out what is there. */
  override setMedium(url: string | null): void {
    super.setMedium(url);
    this.#then(`medium ${url ?? 'none'}`, async () => {
      const before = this.#medium;
      this.#medium = null;
      if (before !== null) await this.#ask('eject', { id: BOOT_DEVICES.cdrom, force: true });
      if (url !== null) {
        const file = await this.#download(url);
        this.#medium = file;
        const change = {
          id: BOOT_DEVICES.cdrom,
          filename: file,
          format: 'raw',
          'read-only-mode': 'read-only',
        };
        await this.#ask('blockdev-change-medium', change);
      }
      if (before !== null) await rm(before, { force: true });
    });
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#settling?.abort();
    this.#then('end', () => this.#stop());
    await this.#work;
    await (await this.#qmp)[Symbol.asyncDispose]();
    await super[Symbol.asyncDispose]();
  }

  /** Holds from the next boot on, also of a machine that runs. */
  protected override bootOverrideChanged(): void {
    this.#then('boot order', () => this.#tellOrder());
  }

  #then(what: string, work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      this.#say(`${what}: ${error instanceof Error ? error.message : String(error)}\n`);
    });
  }

  #say(text: string): void {
    this.#said = (this.#said + text).slice(-OUTPUT_LIMIT);
  }

  /** A machine that is off has no QEMU to ask. */
  async #ask(command: string, args = {}): Promise<void> {
    if (this.#child !== null) await (await this.#qmp).execute(command, args);
  }

  async #start(): Promise<void> {
    if (this.#down) await this.#ended();
    if (this.#child !== null) return;
    await this.#qmp;
    const order = bootOrder(this.boot_override);
    const child = spawn('qemu-system-x86_64', qemuArgs(this.#hardware, this.#ends, order, this.#medium), {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => this.#say(text));
    child.once('error', (error) => this.#say(error.message));
    child.once('close', (code, signal) => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#down = false;
      void this.#qmp.then((qmp) => qmp.forget());
      this.note('power is off', signal ?? `${code}`);
    });
    this.boots += 1;
    this.note('power is on');
    this.#useUpOverride();
  }

  /** The plug is pulled; QEMU has time to write what the guest has written. */
  async #stop(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const ended = this.#ended();
    const killed = new AbortController();
    this.clock.sleep(QUIT_TIMEOUT_MS, killed.signal).then(
      () => child.kill('SIGKILL'),
      () => {}, // it has ended
    );
    // It may never have come as far as to take commands.
    (await this.#qmp).execute('quit').catch(() => {});
    await ended;
    killed.abort();
  }

  async #ended(): Promise<void> {
    const child = this.#child;
    if (child !== null) await new Promise<void>((resolve) => child.once('close', () => resolve()));
  }

  #useUpOverride(): void {
    if (this.boot_override?.persistent === false) this.boot_override = null;
  }

  /** bootindex is read at the next reset: the same index may not be given twice. */
  async #tellOrder(): Promise<void> {
    const devices = bootOrder(this.boot_override).filter(
      (id) => id !== 'hd0' || this.#hardware.disk !== undefined,
    );
    const set = (id: string, value: number): Promise<void> =>
      this.#ask('qom-set', { path: `/machine/peripheral/${id}`, property: 'bootindex', value });
    for (const id of devices) await set(id, -1);
    for (const [at, id] of devices.entries()) await set(id, at + 1);
  }

  async #download(url: string): Promise<string> {
    const file = join(this.#folder, `medium-${this.#media++}`);
    await using http = new HttpClient(this.#closing.signal, FETCH_TIMEOUT_MS);
    const { status, chunks } = await http.stream(url);
    if (status !== 200) {
      for await (const _ of chunks);
      throw new Error(`${url} was answered ${status}.`);
    }
    await writeFile(file, chunks, { signal: this.#closing.signal });
    return file;
  }

  #hear({ event, data }: QmpEvent): void {
    this.note(`QEMU ${event}`, JSON.stringify(data));
    if (event === 'SHUTDOWN') this.#down = true;
    if (event === 'RESET') this.#booting();
  }

  /** SeaBIOS resets once more what was reset while it ran: that is one boot, and the boot device for one boot holds until then. */
  #booting(): void {
    if (this.#settling === null) {
      this.boots += 1;
      this.reboots += 1;
    }
    this.#settling?.abort();
    const settling = new AbortController();
    this.#settling = settling;
    this.clock.sleep(SETTLE_MS, settling.signal).then(
      () => {
        this.#settling = null;
        this.#useUpOverride();
      },
      () => {}, // it was reset again, or ends
    );
  }
}
