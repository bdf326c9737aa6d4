import { expect } from 'chai';
import type { CallOptions, Connection } from '../../../drivers/contract.ts';
import { createRedfishDriver } from '../../../drivers/redfish/driver.ts';
import { recordingContext } from '../../contract/driver-bench.ts';
import { QUICK_OPTIONS, type QuickRack, quickRack } from './redfish-bench.ts';

const CALL: CallOptions = { timeout_ms: 10_000 };

describe('redfish driver: BMCs that differ from the standard', () => {
  let rack: QuickRack;

  beforeEach(async () => {
    rack = await quickRack({ count: 1 });
  });
  afterEach(() => rack[Symbol.asyncDispose]());

  async function using(work: (connection: Connection) => Promise<void>): Promise<void> {
    await using driver = createRedfishDriver(recordingContext().context, QUICK_OPTIONS);
    const parsed = driver.parse(rack.driver_info(0));
    if (!('info' in parsed)) throw new Error(parsed.problems.join());
    await using connection = await driver.connect(parsed.info, CALL);
    await work(connection);
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

  for (const [manufacturer, mode] of [
    ['Supermicro', 'UEFI'],
    ['Another', undefined],
  ] as const)
    it(`are told the boot mode with the boot device: ${manufacturer}: ${mode ?? 'no'}`, () =>
      using(async ({ boot }) => {
        const { machine, redfish } = rack.server(0);
        Object.assign(machine.identity, { manufacturer });
        await boot?.set({ boot_device: 'pxe', persistent: false, boot_mode: null }, CALL);
        const sent = redfish.requests.findLast(({ method }) => method === 'PATCH')?.body?.Boot;
        expect(sent).to.have.property('BootSourceOverrideTarget', 'Pxe');
        expect((sent as Record<string, unknown>).BootSourceOverrideMode).to.equal(mode);
      }));
});
