import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { startBoot } from '../../boot/server.ts';
import { systemClock } from '../../config/system-clock.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { addressAfter } from '../../rack/address-after.ts';
import type { Machine } from '../../rack/machine.ts';
import { type Rack, type RackOptions, startRack } from '../../rack/rack.ts';
import { offerScript, type ServiceStandIn, startServiceStandIn } from './service-stand-in.ts';

describe('rack/machine', () => {
  let service: ServiceStandIn;
  let rack: Rack | null = null;
  let boot_url: string;

  const start = async (options: Partial<RackOptions> = {}): Promise<Machine> => {
    rack = await startRack({
      count: 1,
      clock: systemClock,
      boot_url: () => boot_url,
      time_scale: 0,
      delays_ms: { soft_off: 0 },
      ...options,
    });
    const [server] = rack.servers;
    if (server === undefined) throw new Error('no server');
    return server.machine;
  };
  const settled = (machine: Machine): Promise<void> =>
    machine.until(({ running }) => running.what !== 'firmware' && running.what !== 'nothing');
  const write = (machine: Machine): Promise<void> | undefined =>
    machine.disks[0]?.write(
      (async function* () {
        yield Buffer.alloc(1024, 1);
      })(),
    );

  beforeEach(async () => {
    service = await startServiceStandIn();
    boot_url = service.url;
  });
  afterEach(async () => {
    await rack?.[Symbol.asyncDispose]();
    rack = null;
    await service[Symbol.asyncDispose]();
  });

  it('is off and runs nothing at first', async () => {
    const machine = await start();
    expect([machine.power, machine.running]).to.deep.equal(['off', { what: 'nothing' }]);
  });

  it('goes on and off, twice as well as once', async () => {
    const machine = await start();
    for (const action of ['on', 'on', 'off', 'off', 'on', 'soft'] as const) {
      expect(machine.command(action)).to.equal(true);
      expect(machine.power).to.equal(action === 'on' ? 'on' : 'off');
    }
  });

  it('refuses reset, cycle and NMI while it is off', async () => {
    const machine = await start();
    for (const action of ['reset', 'cycle', 'nmi'] as const) expect(machine.command(action)).to.equal(false);
    expect([machine.power, machine.reboots, machine.nmi_count]).to.deep.equal(['off', 0, 0]);
  });

  it('boots again on reset and cycle, and counts NMIs', async () => {
    const machine = await start();
    machine.command('on');
    await settled(machine);
    machine.command('reset');
    machine.command('cycle');
    machine.command('nmi');
    expect([machine.power, machine.reboots, machine.nmi_count]).to.deep.equal(['on', 2, 1]);
  });

  it('takes its time on its clock, and a later command wins over an earlier one', async () => {
    const sleeps: (() => void)[] = [];
    const clock: Clock = {
      ...systemClock,
      sleep: (_ms, signal) =>
        new Promise((resolve, reject) => {
          sleeps.push(resolve);
          signal?.addEventListener('abort', () => reject(signal.reason));
        }),
    };
    const machine = await start({ clock, delays_ms: { power: 5000 } });
    machine.command('on');
    expect(machine.power).to.equal('off');
    machine.command('off');
    for (const wake of sleeps) wake();
    await new Promise((resolve) => setImmediate(resolve));
    expect(machine.power).to.equal('off');
    machine.command('on');
    sleeps.at(-1)?.();
    await machine.until(({ power }) => power === 'on');
  });

  it('sits without a bootable device when nobody answers and its disk is blank', async () => {
    const machine = await start({ boot_url: () => null });
    machine.command('on');
    await settled(machine);
    expect(machine.running).to.deep.equal({
      what: 'no bootable device',
      why: 'pxe: Nobody answers on the network. disk: No disk has anything to boot.',
    });
  });

  it('gives up a boot service that does not listen', async () => {
    const machine = await start({ boot_url: () => 'http://127.0.0.1:1' });
    machine.command('on');
    await settled(machine);
    expect(machine.running.what).to.equal('no bootable device');
  });

  it('uses up a boot device for one boot and keeps a persistent one', async () => {
    const machine = await start();
    await write(machine);
    offerScript(service, machine.identity.uuid, `kernel ${service.url}/kernel root=/dev/ram`, 'boot');
    const boots = async (): Promise<string> => {
      machine.command('off');
      machine.command('on');
      await settled(machine);
      return machine.running.what;
    };
    machine.boot_override = { device: 'disk', persistent: false, mode: 'uefi' };
    expect([await boots(), await boots()]).to.deep.equal(['os', 'instance ramdisk']);
    machine.boot_override = { device: 'disk', persistent: true, mode: 'uefi' };
    expect([await boots(), await boots()]).to.deep.equal(['os', 'os']);
    machine.boot_override = { device: 'bios', persistent: false, mode: 'uefi' };
    expect(await boots()).to.equal('setup');
  });

  it('goes on to its disk when the script says so', async () => {
    const machine = await start();
    await write(machine);
    for (const line of ['exit', 'sanboot --no-describe --drive 0x80']) {
      offerScript(service, machine.identity.uuid, line);
      machine.command('off');
      machine.command('on');
      await settled(machine);
      expect(machine.running.what).to.equal('os');
    }
  });

  it('follows the project’s own boot service to the agent, and to its disk when no node has its address', async () => {
    const machine = await start();
    await write(machine);
    const [mac] = machine.identity.macs;
    const node = {
      uuid: service.node_uuid,
      provision_state: 'cleaning',
      deploy_interface: 'direct',
      driver_info: { deploy_kernel: `${service.url}/kernel`, deploy_ramdisk: `${service.url}/ramdisk` },
      instance_info: {},
    } as unknown as NodeRecord;
    service.files.set('/kernel', 'kernel').set('/ramdisk', 'ramdisk');
    const addresses = new Set([mac]);
    await using boot = await startBoot({
      clock: systemClock,
      host_ip: '127.0.0.1',
      port: 0,
      image_path: tmpdir(),
      facts: {
        api_url: service.url,
        kernel_append_params: 'quiet',
        deploy_kernel: '',
        deploy_ramdisk: '',
      },
      glance: null,
      allowed_paths: [],
      store: {
        nodes: {
          get: async (uuid) => (uuid === node.uuid ? node : null),
        },
        ports: { nodeOf: async (address) => (addresses.has(address) ? node.uuid : null) },
      },
      log: { info: () => {}, warn: () => {} },
    });
    boot_url = boot.url;
    machine.command('on');
    await service.heartbeat(1);
    expect(machine.running.what).to.equal('agent');
    addresses.clear();
    machine.command('reset');
    await settled(machine);
    expect(machine.running.what).to.equal('os');
  });

  it('does not boot a kernel that cannot be downloaded', async () => {
    const machine = await start();
    offerScript(service, machine.identity.uuid, `kernel ${service.url}/not-there`, 'boot');
    machine.command('on');
    await settled(machine);
    expect(machine.running.what).to.equal('no bootable device');
  });

  it('boots an ISO and obeys a script that powers it off', async () => {
    const machine = await start();
    offerScript(service, machine.identity.uuid, `sanboot ${service.url}/x.iso`);
    machine.command('on');
    await settled(machine);
    expect(machine.running).to.deep.equal({ what: 'iso', url: `${service.url}/x.iso` });
    offerScript(service, machine.identity.uuid, 'poweroff');
    machine.command('reset');
    await machine.until(({ power }) => power === 'off');
  });

  it('ends a script that reboots for ever', async () => {
    const machine = await start();
    offerScript(service, machine.identity.uuid, 'reboot');
    machine.command('on');
    await settled(machine);
    expect(machine.running.what).to.equal('no bootable device');
  });

  it('stops waiting when it is told to', async () => {
    const machine = await start();
    const abort = new AbortController();
    const wait = machine.until(() => false, abort.signal).catch(() => 'aborted');
    abort.abort();
    expect(await wait).to.equal('aborted');
  });

  it('has an identity of its own, the same at each start', async () => {
    const first = (await start({ count: 3 })).identity;
    const all = rack?.servers.map(({ machine }) => machine.identity) ?? [];
    expect(new Set(all.flatMap(({ uuid, serial, macs }) => [uuid, serial, ...macs])).size).to.equal(12);
    await rack?.[Symbol.asyncDispose]();
    expect((await start()).identity).to.deep.equal(first);
  });

  it('counts addresses across bytes', () => {
    expect([addressAfter('127.10.0.254', 3), addressAfter('127.10.255.255', 1)]).to.deep.equal([
      '127.10.1.1',
      '127.11.0.0',
    ]);
  });
});
