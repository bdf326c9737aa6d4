import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { BmcTask, CallOptions, Driver } from '../../../drivers/contract.ts';
import { createRedfishDriver } from '../../../drivers/redfish/driver.ts';
import type { RedfishInfo } from '../../../drivers/redfish/driver-info.ts';
import type { RedfishServer } from '../../../rack/redfish/redfish-rack.ts';
import { imageDigest } from '../../../rack/redfish/update-service.ts';
import { recordingContext } from '../../contract/driver-bench.ts';
import { QUICK_OPTIONS, type QuickRack, quickRack } from './redfish-bench.ts';

const PATIENT: CallOptions = { timeout_ms: 15_000 };
const IMAGE = `bmc-3.1.0 ${'x'.repeat(200_000)}`;
const SHA256 = createHash('sha256').update(IMAGE).digest('hex');

describe('redfish firmware updates', () => {
  let rack: QuickRack;
  let server: RedfishServer;
  let driver: Driver<RedfishInfo>;
  let files: Server;
  let url: string;

  beforeEach(async () => {
    rack = await quickRack({ count: 1 });
    server = rack.server(0);
    driver = createRedfishDriver(recordingContext().context, QUICK_OPTIONS);
    files = createServer((request, response) => {
      if (request.url !== '/bmc-3.1.0.bin') response.statusCode = 404;
      response.end(IMAGE);
    });
    await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(files.address() as AddressInfo).port}/bmc-3.1.0.bin`;
  });
  afterEach(async () => {
    await driver[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
    files.closeAllConnections();
    await new Promise<void>((resolve) => files.close(() => resolve()));
  });

  const update = async (changes: { url?: string; checksum?: string } = {}): Promise<BmcTask> => {
    const parsed = driver.parse(rack.driver_info(0));
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    await using connection = await driver.connect(parsed.info, PATIENT);
    const task = await connection.firmwareUpdater?.update({ component: 'bmc', url, ...changes }, PATIENT);
    server.redfish.state.tasks.finish();
    return task ?? null;
  };
  const refused = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => {
        throw new Error('It succeeded, though it had to fail.');
      },
      (error: Error) => error,
    );
  const service = () => server.redfish.state.firmware;

  const digests = async (options: { measured?: true } = { measured: true }) => {
    const parsed = driver.parse(rack.driver_info(0));
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    await using connection = await driver.connect(parsed.info, PATIENT);
    const parts = (await connection.firmware?.read({ ...PATIENT, ...options })) ?? [];
    return Object.fromEntries(parts.map(({ component, digest }) => [component, digest]));
  };

  it('change what the BMC measures of its image, where it measures and is asked', async () => {
    expect(await digests()).to.deep.equal({
      bios: imageDigest('bios', '1.0.0'),
      bmc: imageDigest('bmc', '1.0.0'),
      'nic:Slot-1': imageDigest('nic:Slot-1', '1.0.0'),
    });
    await update();
    expect(await digests()).to.include({ bmc: imageDigest('bmc', '3.1.0') });
    expect(await digests({})).to.include({ bmc: undefined });
    server.redfish.faults = { lacks: ['Measurement'] };
    expect(await digests()).to.deep.equal({ bios: undefined, bmc: undefined, 'nic:Slot-1': undefined });
  });

  it('are fetched by the BMC itself', async () => {
    await update();
    expect(service().images).to.deep.equal([url]);
    expect(service().versions.bmc).to.equal('3.1.0');
  });

  it('are pushed where the BMC does not fetch from such a URL', async () => {
    service().fetches = ['FTP'];
    await update();
    expect(service().images).to.deep.equal([IMAGE]);
    expect(service().versions.bmc).to.equal('3.1.0');
  });

  it('are pushed bare to a BMC of before 2020, which is told before what for', async () => {
    Object.assign(service(), { fetches: [], takes_pushes: false, takes_bare_pushes: true });
    Object.assign(server.redfish.state, { model: 'OpenBmc' });
    await update({ checksum: SHA256 });
    expect(service().images).to.deep.equal([IMAGE]);
    expect(service().targets).to.deep.equal(['/redfish/v1/Managers/controller-7c']);
    expect(service().versions.bmc).to.equal('3.1.0');
  });

  it('of which neither can be are unsupported', async () => {
    Object.assign(service(), { fetches: [], takes_pushes: false });
    expect(await refused(update())).to.include({ code: 'unsupported' });
  });

  for (const takes_pushes of [true, false])
    it(`are checked before the BMC gets anything, ${takes_pushes ? 'then pushed' : 'then fetched'}`, async () => {
      service().takes_pushes = takes_pushes;
      const wrong = await refused(
        update({ checksum: SHA256.replace(/^./, SHA256.startsWith('0') ? '1' : '0') }),
      );
      expect(wrong).to.include({ code: 'rejected' });
      expect(wrong.message).to.contain('Nothing was sent');
      expect(service().images).to.deep.equal([]);
      await update({ checksum: SHA256.toUpperCase() });
      expect(service().images).to.deep.equal([takes_pushes ? IMAGE : url]);
    });

  it('whose checksum is none, or whose image is not there, are refused', async () => {
    service().fetches = [];
    for (const changes of [
      { checksum: 'zz' },
      { url: url.replace('bmc-', 'no-') },
      { url: 'http://127.0.0.1:1/a' },
    ])
      expect(await refused(update(changes)), JSON.stringify(changes)).to.include({ code: 'rejected' });
    expect(service().images).to.deep.equal([]);
  });

  it('whose answer is lost may have begun: the version tells', async () => {
    server.redfish.faults = { drops_action_replies: true };
    expect(await update()).to.equal(null);
    expect(service().versions.bmc).to.equal('3.1.0');
  });

  for (const fetches of [['HTTP'], []])
    it(`name their target where the vendor wants it, ${fetches.length > 0 ? 'fetched' : 'pushed'}`, async () => {
      service().fetches = fetches;
      await update();
      expect(service().targets).to.deep.equal(fetches.length > 0 ? null : []);
      Object.assign(server.machine.identity, { manufacturer: 'Supermicro' });
      await update();
      expect(service().targets).to.deep.equal(['/redfish/v1/Managers/controller-7c']);
    });
});
