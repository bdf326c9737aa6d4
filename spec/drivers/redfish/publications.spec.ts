import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../../config/project-root.ts';
import type { CallOptions, Connection, Driver } from '../../../drivers/contract.ts';
import { createRedfishDriver } from '../../../drivers/redfish/driver.ts';
import type { RedfishInfo } from '../../../drivers/redfish/driver-info.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { type HttpStage, startHttpStage } from '../../conductor/neighbours/http-stage.ts';
import { recordingContext } from '../../contract/driver-bench.ts';
import { QUICK_OPTIONS } from './redfish-bench.ts';

const BMC = 'https://bmc.test';
const PATIENT: CallOptions = { timeout_ms: 10_000 };
const TASKS = '/redfish/v1/TaskService/Tasks';

function mockUp(name: string): Record<string, JsonObject> {
  const file = join(projectRoot, 'spec/fixtures/redfish/publications.json');
  return JSON.parse(readFileSync(file, 'utf8')).mockups[name];
}

describe("redfish driver on DMTF's published mock-ups", () => {
  let stage: HttpStage;
  let driver: Driver<RedfishInfo>;
  let connection: Connection;

  const open = async (name: string): Promise<void> => {
    for (const [path, resource] of Object.entries(mockUp(name)))
      stage.expect(BMC).get(path).optionally().times(600).reply(200, resource);
    const parsed = driver.parse({ redfish_address: BMC });
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    connection = await driver.connect(parsed.info, PATIENT);
  };
  beforeEach(() => {
    stage = startHttpStage();
    driver = createRedfishDriver(recordingContext().context, QUICK_OPTIONS);
  });
  afterEach(async () => {
    await connection[Symbol.asyncDispose]();
    await driver[Symbol.asyncDispose]();
    stage[Symbol.dispose]();
  });

  it('reads BIOS settings without a registry, and those that are pending', async () => {
    await open('public-rackmount1');
    const settings = (await connection.bios?.read(PATIENT)) ?? [];
    expect(settings.find(({ name }) => name === 'ProcCoreDisable')).to.include({
      ...{ value: '0', attribute_type: null, read_only: null },
    });
    expect(await connection.biosWriter?.pending(PATIENT)).to.deep.equal({
      ...{ AdminPhone: '(404) 555-1212', EmbeddedSata: 'Ahci' },
      ...{ NicBoot2: 'NetworkBoot', ProcTurboMode: 'Disabled' },
    });
  });

  it("reads the BMC's own: users, network, clock and log", async () => {
    await open('public-rackmount1');
    expect(await connection.accounts?.list(PATIENT)).to.deep.equal([
      { id: '1', name: 'Administrator', role: 'administrator', enabled: true, self: false },
    ]);
    expect(await connection.lan?.get(PATIENT)).to.deep.equal({
      ...{ source: 'dhcp', address: '192.168.0.10', netmask: '255.255.252.0', gateway: '192.168.0.1' },
      ...{ vlan_id: 101, mac: '23:11:8a:33:cf:ea' },
    });
    expect(await connection.clock?.get(PATIENT)).to.equal(Date.parse('2015-03-13T04:14:33+06:00'));
    expect(
      (await connection.eventLog?.read(PATIENT))?.map(({ id, message }) => `${id} ${message}`),
    ).to.deep.equal(['1 Temperature threshold exceeded', '2 Temperature threshold exceeded']);
    const refusal = await connection.ntp?.get(PATIENT).catch((error: Error) => error);
    expect(refusal, 'it has no NTP').to.include({ code: 'unsupported' });
  });

  it('reads tasks that ended well and badly', async () => {
    await open('public-rackmount1');
    expect(await connection.tasks?.read(`${TASKS}/545`, PATIENT)).to.include({ state: 'done', percent: 100 });
    const failed = await connection.tasks?.read(`${TASKS}/687`, PATIENT);
    expect(failed?.state).to.equal('failed');
    expect(failed?.message).to.contain('was halted prior to completion');
  });

  it('reads volumes by their older types; a hot spare belongs to none and is not free', async () => {
    await open('public-localstorage');
    const [controller] = (await connection.raid?.read(PATIENT)) ?? [];
    expect(controller?.raid_levels).to.deep.equal([]);
    expect(controller?.drives).to.have.lengthOf(3);
    expect(controller?.volumes.map(({ raid_level, size_gb }) => [raid_level, size_gb])).to.deep.equal([
      ['1', 837],
      ['0', 100],
      ['0', 100],
    ]);
    expect(await connection.drives?.list(PATIENT)).to.have.lengthOf(4);
  });

  it('reads several controllers, what each can make, and the firmware of a network adapter', async () => {
    await open('public-tower');
    const controllers = (await connection.raid?.read(PATIENT)) ?? [];
    expect(controllers.slice(0, 2).map(({ id, raid_levels }) => [id, raid_levels.length])).to.deep.equal([
      ['NVMeSWRAID', 2],
      ['RAIDIntegrated', 8],
    ]);
    const firmware = (await connection.firmware?.read(PATIENT)) ?? [];
    expect(firmware.map(({ component }) => component)).to.deep.equal(['bios', 'bmc', 'nic:9fa725a1']);
  });

  for (const [name, expected] of [
    ['public-rackmount1', { cpus: 16, memory_mb: 98_304, disks: 2, macs: 4, parts: 2 }],
    ['public-localstorage', { cpus: 16, memory_mb: 98_304, disks: 4, macs: 2, parts: 1 }],
  ] as const)
    it(`reads the inventory of ${name}: sockets that are empty are no processors`, async () => {
      await open(name);
      const found = (await connection.hardware?.inventory(PATIENT)) as Record<
        string,
        JsonObject & JsonObject[]
      >;
      expect({
        cpus: found.cpu?.count,
        memory_mb: found.memory?.physical_mb,
        disks: found.disks?.length,
        macs: found.interfaces?.length,
        parts: found.processors?.length,
      }).to.deep.equal(expected);
    });
});
