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
const SYSTEM = '/redfish/v1/Systems/437XR1138R2';
const PATIENT: CallOptions = { timeout_ms: 10_000 };

/** Resources of DMTF's mock-up of a rack server, by path; trimmed. */
function mockUp(): Record<string, JsonObject> {
  const file = join(projectRoot, 'spec/fixtures/redfish/public-rackmount1.json');
  return JSON.parse(readFileSync(file, 'utf8')).resources;
}

describe("redfish driver on DMTF's mock-up public-rackmount1", () => {
  let stage: HttpStage;
  let driver: Driver<RedfishInfo>;
  let connection: Connection;
  let resources: Record<string, JsonObject>;

  beforeEach(async () => {
    stage = startHttpStage();
    resources = mockUp();
    for (const [path, resource] of Object.entries(resources))
      stage
        .expect(BMC)
        .get(path)
        .optionally()
        .times(600)
        .reply(200, () => resources[path] ?? resource, { ETag: '"mock-up"' });
    driver = createRedfishDriver(recordingContext().context, QUICK_OPTIONS);
    const parsed = driver.parse({ redfish_address: BMC });
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    connection = await driver.connect(parsed.info, PATIENT);
  });
  afterEach(async () => {
    await connection[Symbol.asyncDispose]();
    await driver[Symbol.asyncDispose]();
    stage[Symbol.dispose]();
  });

  it('reads power, boot, secure boot and health', async () => {
    expect(await connection.power.get(PATIENT)).to.equal('power on');
    expect(await connection.boot?.get(PATIENT)).to.deep.equal({ boot_device: 'pxe', persistent: false });
    expect(await connection.bootMode?.get(PATIENT)).to.equal('uefi');
    expect(await connection.secureBoot?.get(PATIENT)).to.equal(false);
    expect(await connection.health?.read(PATIENT)).to.equal('OK');
  });

  it('does not take the first page of systems for all of them', async () => {
    const systems = resources['/redfish/v1/Systems'] ?? {};
    resources['/redfish/v1/Systems'] = { ...systems, 'Members@odata.nextLink': `${SYSTEM}/page2` };
    const second = { Members: [{ '@odata.id': '/redfish/v1/Systems/other' }] };
    stage.expect(BMC).get(`${SYSTEM}/page2`).reply(200, second);
    const refusal = await connection.power.get(PATIENT).catch((error: Error) => error);
    expect(refusal).to.have.property('code', 'rejected');
    expect(String(refusal)).to.contain('The BMC has 2 systems');
  });

  it('gives up on a collection without an end', async () => {
    const path = '/redfish/v1/Systems';
    resources[path] = { ...resources[path], Members: [], 'Members@odata.nextLink': path };
    const refusal = await connection.power.get(PATIENT).catch((error: Error) => error);
    expect(refusal).to.have.property('code', 'unsupported');
  });

  it('reads who made it, its lamps and its virtual media', async () => {
    expect(await connection.inventory?.read(PATIENT)).to.deep.equal({
      bmc: {
        firmware_version: '1.45.455b66-rev4',
        manufacturer_id: null,
        product_id: null,
        guid: '38947555-7742-3448-3784-823347823834',
      },
      system_vendor: { manufacturer: 'Contoso', product_name: '3500', serial_number: '437XR1138R2' },
    });
    const lamps = (await connection.indicators?.list(PATIENT)) ?? [];
    expect(lamps.map(({ component, id }) => `${id}@${component}`)).to.deep.equal([
      '38947555-7742-3448-3784-823347823834@system',
      '1U@chassis',
    ]);
    expect(await connection.indicators?.get({ component: 'chassis', id: '1U' }, PATIENT)).to.equal('on');
    expect(await connection.virtualMedia?.list(PATIENT)).to.deep.equal([
      {
        media_types: ['Floppy', 'USBStick'],
        inserted: true,
        image: 'https://www.dmtf.org/freeImages/Sardine.img',
      },
      {
        media_types: ['CD', 'DVD'],
        inserted: true,
        image: 'redfish.dmtf.org/freeImages/freeOS.1.1.iso',
      },
    ]);
  });

  it("reads the sensors in the shape of Ironic's notifications", async () => {
    const data = await connection.sensors?.read(PATIENT);
    expect(data?.Temperature?.['0@1U']).to.deep.equal({
      identity: '0',
      reading_celsius: 41,
      max_reading_range_temp: 60,
      min_reading_range_temp: 0,
      physical_context: 'CPU',
      sensor_number: 5,
      state: 'Enabled',
      health: 'OK',
    });
    expect(data?.Temperature?.['1@1U']).to.deep.include({ reading_celsius: null, state: 'Disabled' });
    expect(data?.Fan?.['0@1U']).to.deep.include({ reading: 2100, reading_units: 'RPM' });
    expect(data?.Power?.['0@1U']).to.deep.include({ power_capacity_watts: 800, health: 'Warning' });
  });

  it('changes only what it is asked to change, with the ETag', async () => {
    const change = stage
      .expect(BMC, { reqheaders: { 'if-match': '"mock-up"' } })
      .patch(SYSTEM, {
        Boot: {
          BootSourceOverrideTarget: 'Hdd',
          BootSourceOverrideEnabled: 'Continuous',
          BootSourceOverrideMode: 'Legacy',
        },
      })
      .reply(200, {});
    await connection.boot?.set({ boot_device: 'disk', persistent: true, boot_mode: 'bios' }, PATIENT);
    change.done();
  });

  it('refuses a boot device that the BMC does not name', async () => {
    const change = { boot_device: 'uefihttp', persistent: false, boot_mode: 'uefi' } as const;
    const error = await connection.boot?.set(change, PATIENT).then(
      () => null,
      (refused: unknown) => refused,
    );
    expect(error).to.include({ code: 'unsupported' });
  });

  it('ejects and inserts by properties where there are no actions', async () => {
    const slot = `${SYSTEM}/VirtualMedia/CD1`;
    const eject = stage.expect(BMC).patch(slot, { Image: null, Inserted: false }).reply(204);
    const insert = stage
      .expect(BMC)
      .patch(slot, { Image: 'http://127.0.0.1/a.iso', Inserted: true, WriteProtected: true })
      .reply(204);
    await connection.virtualMedia?.attach('cdrom', 'http://127.0.0.1/a.iso', PATIENT);
    eject.done();
    insert.done();
  });

  for (const [path, name] of [
    [SYSTEM, 'PowerState'],
    ['/redfish/v1/', 'Systems'],
  ] as const)
    it(`names the attribute that is missing: ${name}`, async () => {
      delete resources[path]?.[name];
      const error = await connection.power.get(PATIENT).then(
        () => null,
        (failed: unknown) => failed,
      );
      expect(error).to.be.an('error').with.property('message', `bmc.test: ${path} has no usable ${name}.`);
    });

  it('follows no link that is longer than a link can be', async () => {
    Object.assign(resources['/redfish/v1/'] ?? {}, { Systems: { '@odata.id': `/${'x'.repeat(5000)}` } });
    const error = await connection.power.get(PATIENT).then(
      () => null,
      (failed: unknown) => failed,
    );
    expect(error).to.include({ code: 'rejected' });
    expect(String(error)).to.have.lengthOf.below(200);
  });

  it('asks for the reset types where the BMC keeps them apart (ActionInfo)', async () => {
    const target = `${SYSTEM}/Actions/ComputerSystem.Reset`;
    const info = `${SYSTEM}/ResetActionInfo`;
    Object.assign(resources[SYSTEM] ?? {}, {
      Actions: { '#ComputerSystem.Reset': { target, '@Redfish.ActionInfo': info } },
    });
    stage
      .expect(BMC)
      .get(info)
      .reply(200, { Parameters: [{ Name: 'ResetType', AllowableValues: ['PowerCycle'] }] });
    const reset = stage.expect(BMC).post(target, { ResetType: 'PowerCycle' }).reply(204);
    await connection.power.set('rebooting', PATIENT);
    reset.done();
  });

  it('asks for the system when the BMC has several', async () => {
    Object.assign(resources['/redfish/v1/Systems'] ?? {}, {
      Members: [{ '@odata.id': SYSTEM }, { '@odata.id': `${SYSTEM}-2` }],
    });
    const error = await connection.power.get(PATIENT).then(
      () => null,
      (failed: unknown) => failed,
    );
    expect(String(error)).to.contain('redfish_system_id');
  });

  describe('whose boot devices are boot options', () => {
    const CD = `${SYSTEM}/BootOptions/7`;
    const facts = {
      Id: '7',
      Alias: 'UsbCd',
      BootOptionReference: 'Boot0007',
      UefiDevicePath: 'PciRoot(0x0)/USB(0x1)',
    };
    const offers = (targets: string[], modes = ['UEFI', 'Legacy']): void => {
      const boot = {
        ...{ BootSourceOverrideEnabled: 'Disabled', BootSourceOverrideTarget: 'None' },
        ...{ BootSourceOverrideMode: 'UEFI', BootOptions: { '@odata.id': `${SYSTEM}/BootOptions` } },
        'BootSourceOverrideTarget@Redfish.AllowableValues': targets,
        'BootSourceOverrideMode@Redfish.AllowableValues': modes,
      };
      Object.assign(resources[SYSTEM] ?? {}, { Boot: boot });
      const members = { Members: [{ '@odata.id': CD }] };
      stage.expect(BMC).get(`${SYSTEM}/BootOptions`).optionally().times(9).reply(200, members);
      stage.expect(BMC).get(CD).optionally().times(9).reply(200, facts);
    };
    const refusal = (change: { persistent?: true; boot_mode?: 'bios' }) => {
      const wanted = { boot_device: 'cdrom', persistent: false, boot_mode: 'uefi', ...change } as const;
      return connection.boot?.set(wanted, PATIENT).then(
        () => 'accepted',
        (error: { code: string }) => error.code,
      );
    };

    for (const [target, how] of [
      ['UefiBootNext', { BootNext: 'Boot0007' }],
      ['UefiTarget', { UefiTargetBootSourceOverride: 'PciRoot(0x0)/USB(0x1)' }],
      ['UsbCd', {}],
    ] as const)
      it(`boots from a virtual CD by ${target}`, async () => {
        offers(['Pxe', target]);
        const Boot = { BootSourceOverrideTarget: target, BootSourceOverrideEnabled: 'Once', ...how };
        const change = stage.expect(BMC).patch(SYSTEM, { Boot }).reply(204);
        expect(await refusal({})).to.equal('accepted');
        change.done();
        Object.assign(resources[SYSTEM]?.Boot ?? {}, Boot);
        expect(await connection.boot?.get(PATIENT)).to.deep.equal({
          boot_device: 'cdrom',
          persistent: false,
        });
      });

    it('refuses it for all boots, and in a mode that the BMC does not have', async () => {
      offers(['UefiBootNext'], ['UEFI']);
      expect(await refusal({ persistent: true })).to.equal('unsupported');
      expect(await refusal({ boot_mode: 'bios' })).to.equal('unsupported');
      const mode = await connection.bootMode?.set('bios', PATIENT).then(
        () => 'accepted',
        (error: { code: string }) => error.code,
      );
      expect(mode).to.equal('unsupported');
    });
  });

  it('reads what a root of trust measured of the firmware that it protects', async () => {
    const path = '/redfish/v1/ComponentIntegrity';
    Object.assign(resources['/redfish/v1/'] ?? {}, { ComponentIntegrity: { '@odata.id': path } });
    const digest = 'ab'.repeat(48);
    const integrity = {
      ...{
        ComponentIntegrityType: 'SPDM',
        TargetComponentURI: '/redfish/v1/Chassis/1U/TrustedComponents/RoT',
      },
      Links: { ComponentsProtected: [{ '@odata.id': SYSTEM }] },
      SPDM: {
        MeasurementSet: {
          Measurements: [
            { MeasurementType: 'ImmutableROM', Measurement: Buffer.alloc(48).toString('base64') },
            {
              MeasurementType: 'MutableFirmware',
              Measurement: Buffer.from(digest, 'hex').toString('base64'),
            },
          ],
        },
      },
    };
    stage
      .expect(BMC)
      .get(path)
      .reply(200, { Members: [{ '@odata.id': `${path}/1` }, { '@odata.id': `${path}/2` }] });
    stage.expect(BMC).get(`${path}/1`).reply(200, integrity);
    stage
      .expect(BMC)
      .get(`${path}/2`)
      .reply(200, { ...integrity, ComponentIntegrityType: 'TPM' });
    const parts = (await connection.firmware?.read({ ...PATIENT, measured: true })) ?? [];
    expect(parts.map(({ component, digest }) => [component, digest])).to.deep.equal([
      ['bios', digest],
      ['bmc', undefined],
    ]);
  });
});
