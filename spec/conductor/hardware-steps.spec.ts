import { expect } from 'chai';
import { type FakeServer, serverOf } from '../../drivers/fake/server.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { ProvisionState } from '../../lifecycle/states.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';
import { createNeutronDouble } from './network/neutron-double.ts';

const QUICK = {
  conductor: {
    hardware_step_poll_interval: 0.02,
    hardware_step_timeout: 2,
    node_locked_retry_interval: 0.05,
    poll_interval: 0.05,
  },
};
const ALL_FAKE = {
  bios_interface: 'fake',
  firmware_interface: 'fake',
  raid_interface: 'fake',
  vendor_interface: 'fake',
};

const LINK = { switch_id: '00:00:5e:00:53:01', port_id: 'Eth1/1', switch_info: 'leaf-1' };

describe('steps that the BMC carries out', () => {
  let bench: ConductorBench;
  beforeEach(async () => {
    bench = await startConductorBench(QUICK);
    await bench.start();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const server = (node: Pick<NodeRecord, 'uuid'>): FakeServer => serverOf(bench.servers, node.uuid);
  const manageable = (fields: Partial<NodeRecord> = {}) =>
    bench.node({ provision_state: 'manageable', ...ALL_FAKE, ...fields });
  const step = (name: string, args: JsonObject = {}): JsonObject => {
    const [kind = '', step = ''] = name.split('.');
    return { interface: kind, step, args };
  };
  const clean = async (
    node: NodeRecord,
    clean_steps: JsonObject[],
    state: ProvisionState = 'manageable',
  ): Promise<NodeRecord> => {
    await bench.client.provision(node, 'clean', { clean_steps }, CALLER);
    return bench.settled(node, state);
  };
  const refusal = (node: NodeRecord, clean_steps: JsonObject[]): Promise<string> =>
    bench.client.provision(node, 'clean', { clean_steps }, CALLER).then(
      () => 'accepted',
      (error: Error) => error.message,
    );

  for (const fake_task_delay of [0, 0.1])
    describe(`with BMC tasks of ${fake_task_delay} s`, () => {
      const driver_info = { fake_task_delay };

      it('S75 apply BIOS settings, boot the server and read them back', async () => {
        const node = await manageable({ driver_info });
        await clean(node, [
          step('bios.apply_configuration', { settings: [{ name: 'ProcHyperthreading', value: 'Disabled' }] }),
        ]);
        expect(server(node).bios.find(({ name }) => name === 'ProcHyperthreading')?.value).to.equal(
          'Disabled',
        );
        const rows = await bench.store.bios_settings.list(node.uuid);
        expect(rows.find(({ name }) => name === 'ProcHyperthreading')?.value).to.equal('Disabled');
        await clean(node, [step('bios.factory_reset')]);
        expect(server(node).bios.find(({ name }) => name === 'ProcHyperthreading')?.value).to.equal(
          'Enabled',
        );
      });

      it('S76 make the volumes of target_raid_config, show them, and delete them', async () => {
        const target_raid_config = {
          logical_disks: [
            { size_gb: 'MAX', raid_level: '1', is_root_volume: true, disk_type: 'ssd' },
            { size_gb: 50, raid_level: '0', disk_type: 'hdd', volume_name: 'scratch' },
          ],
        };
        const node = await manageable({ driver_info, target_raid_config });
        const built = await clean(node, [step('raid.create_configuration')]);
        const volumes = server(node).raid.flatMap((controller) => controller.volumes);
        expect(volumes).to.have.lengthOf(2);
        expect(volumes[0])
          .to.include({ raid_level: '1' })
          .and.deep.include({ drives: ['Disk.1', 'Disk.2'] });
        expect(volumes[1]).to.include({ raid_level: '0', name: 'scratch', size_gb: 50 });
        expect(built.raid_config.logical_disks).to.have.lengthOf(2);
        expect((built.raid_config.logical_disks as JsonObject[])[0]).to.include({ is_root_volume: true });
        const cleared = await clean(node, [step('raid.delete_configuration')]);
        expect(cleared.raid_config).to.deep.equal({});
        expect(server(node).raid.flatMap((controller) => controller.volumes)).to.deep.equal([]);
      });

      it('update firmware one after the other, and believe the version read back', async () => {
        const node = await manageable({ driver_info });
        const url = (what: string) => `http://127.0.0.1/${what}-2.1.0.bin`;
        const settings = ['bmc', 'bios', 'nic:1'].map((component) => ({ component, url: url('fw') }));
        await clean(node, [step('firmware.update', { settings })]);
        expect(server(node).firmware.map(({ current_version }) => current_version)).to.deep.equal([
          ...['2.1.0', '2.1.0', '2.1.0'],
        ]);
        // Done already, and so nothing is sent: a runbook may be run again.
        const again = settings.map((each) => ({ ...each, version: '2.1.0', url: url('other') }));
        await clean(node, [step('firmware.update', { settings: again })]);
      });

      it('ask the drives to erase themselves', async () => {
        const node = await manageable({ driver_info });
        await clean(node, [step('deploy.erase_devices')]);
        expect(server(node).erased).to.deep.equal(['Disk.1', 'Disk.2', 'Disk.3', 'Disk.4']);
      });
    });

  it('S77 set accounts, clock and NTP servers of the BMC, and restart it', async () => {
    const node = await manageable();
    await clean(node, [
      step('management.set_bmc_accounts', {
        accounts: { watcher: { password: 'w4tch', role: 'read-only' }, gone: { absent: true } },
      }),
      step('management.set_bmc_clock', { target_datetime: '2026-01-01T00:00:00Z' }),
      step('management.set_bmc_ntp', { servers: ['127.0.0.1'] }),
      step('management.reset_bmc', { kind: 'cold' }),
    ]);
    const fake = server(node);
    expect(fake.accounts.find(({ name }) => name === 'watcher')).to.include({
      ...{ password: 'w4tch', role: 'read-only', enabled: true },
    });
    expect(fake.clock_ahead_ms).to.be.below(0);
    expect(fake.ntp_servers).to.deep.equal(['127.0.0.1']);
    expect(fake.bmc_resets).to.deep.equal(['cold']);
  });

  it("forget an iDRAC's jobs, restart it, or both, without the ramdisk", async () => {
    const node = await manageable();
    const fake = server(node);
    for (const [name, resets, left] of [
      ['clear_job_queue', [], []],
      ['reset_idrac', ['warm'], ['JID_1']],
      ['known_good_state', ['warm'], []],
    ] as const) {
      Object.assign(fake, { job_queue: ['JID_1'], bmc_resets: [] });
      await clean(node, [step(`management.${name}`)]);
      expect(fake.bmc_resets, name).to.deep.equal(resets);
      expect(fake.job_queue, name).to.deep.equal(left);
    }
    // Speed Select is for deploying.
    expect(
      await refusal(node, [
        step('management.configure_intel_speedselect', { intel_speedselect_config: '0x01' }),
      ]),
    ).to.contain('deploy');
  });

  const LOGIN = { fake_username: 'admin', fake_password: 'secret', fake_address: '127.0.0.2' };

  it('move to a new account, and delete the old one', async () => {
    const node = await manageable({ driver_info: LOGIN });
    const moved = await clean(node, [
      step('management.set_bmc_credentials', { username: 'root', password: 'n3w-secret' }),
    ]);
    expect(moved.driver_info).to.include({ fake_username: 'root', fake_password: 'n3w-secret' });
    expect(server(node).accounts.map(({ name }) => name)).to.deep.equal(['root']);
  });

  it('change the password of the account in place, by way of another that is gone in the end', async () => {
    const node = await manageable({ driver_info: LOGIN });
    const moved = await clean(node, [step('management.set_bmc_credentials', { password: 'n3w-secret' })]);
    expect(moved.driver_info).to.include({ fake_username: 'admin', fake_password: 'n3w-secret' });
    expect(server(node).accounts).to.have.lengthOf(1);
    expect(server(node).accounts[0]).to.include({ name: 'admin', password: 'n3w-secret' });
  });

  it('give the BMC a new address, and follow it there', async () => {
    const node = await manageable({ driver_info: LOGIN });
    const moved = await clean(node, [step('management.set_bmc_lan', { address: '127.0.0.9' })]);
    expect(moved.driver_info.fake_address).to.equal('127.0.0.9');
    expect(server(node).lan.address).to.equal('127.0.0.9');
  }).timeout(40_000);

  it('fail with the words of the BMC when its task fails', async () => {
    const node = await manageable();
    server(node).task_failure = 'the image is for another board';
    const settings = [{ component: 'bmc', url: 'http://127.0.0.1/fw-2.0.0.bin' }];
    const failed = await clean(node, [step('firmware.update', { settings })], 'clean failed');
    expect(failed.last_error).to.contain('the image is for another board');
    expect(server(node).firmware[1]?.current_version).to.equal('1.0.0');
  });

  it('do not believe a BMC that says done and shows the old version', async () => {
    const node = await manageable();
    const settings = [{ component: 'bmc', url: 'http://127.0.0.1/fw-1.0.0.bin' }];
    const failed = await clean(node, [step('firmware.update', { settings })], 'clean failed');
    expect(failed.last_error).to.contain('the version read back is 1.0.0, as before');
  });

  const REFUSED: [string, JsonObject, string, Partial<NodeRecord>?][] = [
    ['bios.apply_configuration', {}, 'needs the argument settings'],
    ['bios.apply_configuration', { settings: [{ name: 'X' }] }, 'has no value for X'],
    ['bios.apply_configuration', { settings: [], colour: 'red' }, 'has no argument colour'],
    ['bios.factory_reset', {}, 'does not support bios.factory_reset', { bios_interface: 'no-bios' }],
    ['raid.create_configuration', { delete_existing: 'x' }, 'must be true or false'],
    ['raid.apply_configuration', { raid_config: { logical_disks: [] } }, 'cannot be used in clean'],
    ['firmware.update', { settings: [{ component: 'bmc', url: 'file:///x' }] }, 'http or https'],
    ['management.set_bmc_lan', { address: '300.1.1.1' }, 'must be an IPv4 address'],
    ['management.magic', {}, 'There is no step management.magic'],
    ['vendor.send_raw', { raw_bytes: '0x06 0x01' }, 'is not allowed'],
    [
      'management.set_bmc_accounts',
      { accounts: { admin: { absent: true } } },
      'the service itself logs in with',
      { driver_info: LOGIN },
    ],
  ];
  for (const [name, args, why, fields] of REFUSED)
    it(`are refused before anything is touched: ${name} ${why}`, async () => {
      const node = await manageable(fields);
      const both = [step('power.power_on'), step(name, args)];
      expect(await refusal(node, both)).to.contain(why);
      expect(server(node).power_commands).to.deep.equal([]);
      expect((await bench.read(node)).provision_state).to.equal('manageable');
    });

  const IMPOSSIBLE: [string, JsonObject, string][] = [
    ['bios.apply_configuration', { settings: [{ name: 'Nope', value: 1 }] }, 'no BIOS setting Nope'],
    ['raid.create_configuration', {}, 'set target_raid_config first'],
    [
      'firmware.update',
      { settings: [{ component: 'gpu', url: 'http://127.0.0.1/x' }] },
      'no firmware component gpu',
    ],
    ['management.reset_secure_boot_keys_to_default', {}, 'lacks secureBootKeys'],
    ['management.set_bmc_lan', { address: '10.0.0.1' }, 'on another network'],
    ['management.set_bmc_accounts', { accounts: { x: { role: 'operator' } } }, 'needs a password'],
  ];
  for (const [name, args, why] of IMPOSSIBLE)
    it(`end before the first one runs where the server cannot: ${name} ${why}`, async () => {
      const node = await manageable();
      const failed = await clean(node, [step('power.power_on'), step(name, args)], 'clean failed');
      expect(failed.last_error).to.contain(why).and.contain('Nothing was touched');
      expect(server(node).power_commands).to.deep.equal([]);
    });

  it('run in a deploy template and in service', async () => {
    const settings = [{ name: 'ProcCores', value: 8 }];
    await bench.store.deploy_templates.create({
      name: 'CUSTOM_CORES',
      steps: [{ ...step('bios.apply_configuration', { settings }), priority: 150 }],
    });
    const node = await bench.node({
      provision_state: 'available',
      instance_info: { traits: ['CUSTOM_CORES'] },
      ...ALL_FAKE,
    });
    await bench.store.nodes.setTraits(node.uuid, ['CUSTOM_CORES']);
    await bench.client.provision(await bench.read(node), 'active', {}, CALLER);
    const active = await bench.settled(node, 'active');
    expect(server(node).bios.find(({ name }) => name === 'ProcCores')?.value).to.equal('8');
    const service_steps = [
      step('raid.apply_configuration', {
        raid_config: { logical_disks: [{ size_gb: 10, raid_level: '1' }] },
      }),
    ];
    await bench.client.provision(active, 'service', { service_steps }, CALLER);
    const served = await bench.settled(node, 'active');
    expect(served.raid_config.logical_disks).to.have.lengthOf(1);
    expect(served.target_raid_config.logical_disks).to.have.lengthOf(1);
  });

  it('bind the ports of a tenant anew while the server runs, with Neutron only', async () => {
    await bench[Symbol.asyncDispose]();
    bench = await startConductorBench(QUICK);
    const neutron = createNeutronDouble(['vif-1']);
    await bench.start('conductor-1', { neighbours: neutron.neighbours });
    const node = await bench.node({ provision_state: 'active', network_interface: 'neutron', ...ALL_FAKE });
    await bench.store.ports.create({
      ...{ node_uuid: node.uuid, address: '52:54:00:00:00:01', pxe_enabled: true },
      ...{ internal_info: { tenant_vif_port_id: 'vif-1' }, local_link_connection: LINK },
    });
    const service_steps = [step('network.reattach_networking')];
    await bench.client.provision(node, 'service', { service_steps }, CALLER);
    await bench.settled(node, 'active');
    expect(neutron.diary).to.deep.equal(['unbind vif-1', 'bind vif-1']);
    expect(server(node).power_commands).to.deep.equal([]);
    const other = await bench.node({ provision_state: 'active', network_interface: 'flat', ...ALL_FAKE });
    const refused = await bench.client.provision(other, 'service', { service_steps }, CALLER).then(
      () => 'accepted',
      (error: Error) => error.message,
    );
    expect(refused).to.contain('does not support network.reattach_networking');
  });

  it('set a wrong clock when a node is verified, where the settings say so', async () => {
    await bench[Symbol.asyncDispose]();
    bench = await startConductorBench({ ...QUICK, redfish: { enable_verify_bmc_clock: true } });
    await bench.start();
    const node = await bench.node();
    server(node).clock_ahead_ms = 3_600_000;
    await bench.client.provision(node, 'manage', {}, CALLER);
    await bench.settled(node, 'manageable');
    expect(Math.abs(server(node).clock_ahead_ms)).to.be.below(60_000);
  });

  it('let nobody switch the server off, or restart its BMC, while it flashes', async () => {
    const node = await manageable({ driver_info: { fake_task_delay: 1 }, vendor_interface: 'fake' });
    const settings = [{ component: 'bmc', url: 'http://127.0.0.1/fw-2.1.0.bin' }];
    const clean_steps = [step('firmware.update', { settings })];
    await bench.client.provision(node, 'clean', { clean_steps }, CALLER);
    await eventually(() => expect(server(node).tasks.size).to.equal(1));
    const busy = await bench.read(node);
    const reset = { method: 'bmc_reset', http_method: 'POST', data: {} };
    for (const ask of [
      () => bench.client.power(busy, 'power off', null, CALLER),
      () => bench.client.call(busy, 'vendor_passthru', reset, CALLER),
    ])
      expect(
        await ask().then(
          () => 'accepted',
          (error: { code: string }) => error.code,
        ),
      ).to.equal('NodeLocked');
    await bench.settled(node, 'manageable');
    expect(server(node)).to.deep.include({ answers: true, bmc_resets: [], power_commands: [] });
  });

  it('go on with a RAID that was being made when the conductor died, and make it once', async () => {
    await bench[Symbol.asyncDispose]();
    bench = await startConductorBench({ conductor: { ...QUICK.conductor, lease_timeout: 0.3 } });
    const target_raid_config = { logical_disks: [{ size_gb: 'MAX', raid_level: '1' }] };
    const node = await manageable({ driver_info: { fake_task_delay: 0.8 }, target_raid_config });
    const first = await bench.start('conductor-1');
    const args = { clean_steps: [step('raid.create_configuration')] };
    await bench.client.provision(node, 'clean', args, CALLER);
    await eventually(() => expect(server(node).tasks.size).to.equal(1));
    first.halt();
    await bench.start('conductor-2');
    await bench.settled(node, 'manageable');
    expect(server(node).raid.flatMap(({ volumes }) => volumes)).to.have.lengthOf(1);
  });

  for (const [what, after] of [
    ['before the image is sent', 0],
    ['while the BMC flashes', 1],
  ] as const)
    it(`go on with another conductor when theirs dies ${what}, and send an image once`, async () => {
      await bench[Symbol.asyncDispose]();
      bench = await startConductorBench({ conductor: { ...QUICK.conductor, lease_timeout: 0.3 } });
      const first = await bench.start('conductor-1');
      const node = await manageable({ driver_info: { fake_task_delay: 0.4 } });
      const settings = [{ component: 'bmc', url: 'http://127.0.0.1/fw-2.1.0.bin' }];
      const clean_steps = [step('firmware.update', { settings })];
      await bench.client.provision(node, 'clean', { clean_steps }, CALLER);
      await eventually(() => expect(server(node).tasks.size).to.be.at.least(after));
      first.halt();
      await bench.start('conductor-2');
      await bench.settled(node, 'manageable');
      expect(server(node).firmware[1]?.current_version).to.equal('2.1.0');
      expect([...server(node).tasks.values()].filter(({ what }) => what === 'firmware')).to.have.lengthOf(1);
    });
});
