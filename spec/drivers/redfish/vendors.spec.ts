import { expect } from 'chai';
import type { CallOptions, Connection } from '../../../drivers/contract.ts';
import { createRedfishDriver, IDRAC, type RedfishType } from '../../../drivers/redfish/driver.ts';
import { VENDORS, type VendorName } from '../../../rack/redfish/vendors.ts';
import { recordingContext } from '../../contract/driver-bench.ts';
import { QUICK_OPTIONS, type QuickRack, quickRack } from './redfish-bench.ts';

const CALL: CallOptions = { timeout_ms: 10_000 };

describe('redfish driver: BMCs that differ from the standard', () => {
  let rack: QuickRack;

  beforeEach(async () => {
    rack = await quickRack({ count: 1 });
  });
  afterEach(() => rack[Symbol.asyncDispose]());

  /** The lines in the log. */
  async function using(
    work: (connection: Connection) => Promise<void>,
    type?: RedfishType,
  ): Promise<string[]> {
    const { context, lines } = recordingContext();
    await using driver = createRedfishDriver(context, QUICK_OPTIONS, type);
    const parsed = driver.parse(rack.driver_info(0));
    if (!('info' in parsed)) throw new Error(parsed.problems.join());
    await using connection = await driver.connect(parsed.info, CALL);
    await work(connection);
    return lines;
  }

  it('take media by their property alone, as iLO 4', () =>
    using(async ({ virtualMedia }) => {
      const { redfish } = rack.server(0);
      redfish.faults = { media_by_patch: true };
      await virtualMedia?.attach('cdrom', 'http://127.0.0.1/a.iso', CALL);
      expect(redfish.state.media[0]?.image).to.equal('http://127.0.0.1/a.iso');
      await virtualMedia?.detach(null, CALL);
      expect(redfish.state.media[0]?.image).to.equal(null);
    }));

  it('are told the boot mode with no boot device of theirs that the standard would not name', () =>
    using(async ({ boot }) => {
      const { redfish } = rack.server(0);
      await boot?.set({ boot_device: 'pxe', persistent: false, boot_mode: null }, CALL);
      const sent = redfish.requests.findLast(({ method }) => method === 'PATCH')?.body?.Boot;
      expect(sent).to.deep.equal({ BootSourceOverrideTarget: 'Pxe', BootSourceOverrideEnabled: 'Once' });
    }));

  for (const name of Object.keys(VENDORS) as VendorName[])
    describe(`of ${name}`, () => {
      beforeEach(() => rack.server(0).redfish.become(name));
      const machine = () => rack.server(0).machine;
      const state = () => rack.server(0).redfish.state;

      it('are switched on and off, and boot from the network', () =>
        using(async ({ boot, power }) => {
          for (const boot_device of ['disk', 'pxe'] as const) {
            await boot?.set({ boot_device, persistent: false, boot_mode: 'uefi' }, CALL);
            expect(machine().boot_override).to.include({
              device: boot_device,
              persistent: false,
              mode: 'uefi',
            });
          }
          await power.set('power on', CALL);
          expect(machine().power).to.equal('on');
          await power.set('power off', CALL);
          expect(machine().power).to.equal('off');
        }));

      it("boot from a virtual CD, once, with one image in another one's place", () =>
        using(async ({ boot, virtualMedia }) => {
          for (const image of ['http://127.0.0.1/a.iso', 'http://127.0.0.1/b.iso']) {
            await virtualMedia?.attach('cdrom', image, CALL);
            await boot?.set({ boot_device: 'cdrom', persistent: false, boot_mode: 'uefi' }, CALL);
            expect(state().media.flatMap((slot) => slot.image ?? [])).to.deep.equal([image]);
            expect(machine().boot_override).to.include({ device: 'cdrom', persistent: false });
            expect(await boot?.get(CALL)).to.deep.equal({ boot_device: 'cdrom', persistent: false });
          }
          await virtualMedia?.detach(['cdrom'], CALL);
          expect(state().media.flatMap((slot) => slot.image ?? [])).to.deep.equal([]);
        }));
    });

  it('of HPE that have no boot device for all boots set it for the next one, and say so', async () => {
    rack.server(0).redfish.become('ilo');
    const lines = await using(async ({ boot }) => {
      await boot?.set({ boot_device: 'disk', persistent: true, boot_mode: 'uefi' }, CALL);
      expect(rack.server(0).machine.boot_override).to.include({ device: 'disk', persistent: false });
      expect(await boot?.get(CALL)).to.deep.equal({ boot_device: 'disk', persistent: false });
    });
    expect(lines.join()).to.contain('no boot device for all boots');
  });

  it('of HPE that stay in their self-test are busy by the deadline', async () => {
    rack.server(0).redfish.become('ilo');
    await using(async ({ boot }) => {
      const asked = boot?.set(
        { boot_device: 'pxe', persistent: false, boot_mode: null },
        { timeout_ms: 150 },
      );
      const error = await asked?.then(
        () => null,
        (refused: unknown) => refused,
      );
      expect(error).to.have.property('code', 'busy');
    });
  });

  it('of HPE give their registries compressed', () => {
    rack.server(0).redfish.become('ilo');
    return using(async ({ bios }) => {
      const settings = (await bios?.read(CALL)) ?? [];
      expect(settings.find(({ name }) => name === 'ProcHyperthreading')?.allowable_values).to.be.an('array');
    });
  });

  for (const name of ['idrac9', 'idrac10'] as const)
    it(`of Dell forget their jobs, as ${name}`, () => {
      rack.server(0).redfish.become(name);
      return using(async ({ jobQueue }) => {
        await jobQueue?.clear(CALL);
        const sent = rack.server(0).redfish.requests.filter(({ path }) => path.endsWith('DeleteJobQueue'));
        expect(sent.at(-1)?.body).to.deep.equal({ JobID: 'JID_CLEARALL' });
      }, IDRAC);
    });

  it('that are no iDRAC have no job queue to clear, and say what to check', () =>
    using(async ({ jobQueue }) => {
      const error = await jobQueue?.clear(CALL).then(
        () => null,
        (refused: unknown) => refused,
      );
      expect(error).to.have.property('code', 'unsupported');
      expect(String(error)).to.contain('Check that it is an iDRAC');
    }, IDRAC));

  it('of Supermicro do not tell whether secure boot is on without a licence', () => {
    rack.server(0).redfish.become('supermicro');
    return using(async ({ secureBoot }) => {
      expect(await secureBoot?.get(CALL)).to.equal(null);
    });
  });

  it('of AMI change their boot mode, with all else as it is', () => {
    rack.server(0).redfish.become('ami');
    return using(async ({ boot, bootMode }) => {
      await boot?.set({ boot_device: 'pxe', persistent: true, boot_mode: 'uefi' }, CALL);
      await bootMode?.set('bios', CALL);
      expect(rack.server(0).machine.boot_override).to.deep.equal({
        device: 'pxe',
        persistent: true,
        mode: 'bios',
      });
    });
  });

  it('tell weak ETags and take strong ones: the change is made', () => {
    rack.server(0).redfish.faults = { weak_etags: true };
    return using(async ({ bootMode }) => {
      await bootMode?.set('bios', CALL);
      const tags = rack.server(0).redfish.requests.filter(({ method }) => method === 'PATCH');
      expect(tags).to.have.lengthOf(3);
      expect(rack.server(0).redfish.state.boot_mode).to.equal('bios');
    });
  });
});
