import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../../config/system-clock.ts';
import { createBampiDriver } from '../../../drivers/bampi/driver.ts';
import type { CallOptions, Connection } from '../../../drivers/contract.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { Bampi, type BampiFaults, type BampiOptions } from '../../../rack/bampi/bampi.ts';
import { selfSignedCertificate } from '../../../rack/certificate.ts';
import { recordingContext } from '../../contract/driver-bench.ts';

const PATIENT: CallOptions = { timeout_ms: 15_000 };
const HURRIED: CallOptions = { timeout_ms: 100 };
const PASSWORD = 'b4mpi-s3cret';
const MOST_MB = 200;

/** One call of each capability. */
const CALLS: Readonly<Record<string, (c: Connection, options: CallOptions) => Promise<unknown> | undefined>> =
  {
    power: (c, options) => c.power.get(options),
    'power.set': (c, options) => c.power.set('power on', options),
    boot: (c, options) => c.boot?.get(options),
    'boot.set': (c, options) =>
      c.boot?.set({ boot_device: 'pxe', persistent: true, boot_mode: null }, options),
    raid: (c, options) => c.raidProfiles?.apply('mirror', options),
    'raid.clear': (c, options) => c.raidProfiles?.clear(options),
    images: (c, options) => c.images?.restore('ubuntu', options),
    'images.running': (c, options) => c.images?.running('ubuntu', options),
    tasks: (c, options) => c.tasks?.read('1', options),
    get_tasks: (c, options) => c.passthru?.get_tasks?.call({}, options),
    get_task_log: (c, options) => c.passthru?.get_task_log?.call({ id: '1' }, options),
    run_script: (c, options) => c.passthru?.run_script?.call({ script: 'backup' }, options),
  };

describe('bampi driver on a hostile BAMPI', () => {
  let stack: AsyncDisposable[];
  beforeEach(() => {
    stack = [];
  });
  afterEach(async () => {
    for (const each of stack.reverse()) await each[Symbol.asyncDispose]();
  });

  const start = async (options: Partial<BampiOptions> = {}): Promise<Bampi> => {
    const login = { hostnames: ['Rack1-A'], username: 'u', password: PASSWORD, clock: systemClock };
    const bampi = await Bampi.start({ ...login, ...options });
    stack.push(bampi);
    return bampi;
  };
  const connect = async (bampi: Bampi, extra: JsonObject = {}): Promise<Connection> => {
    const driver = createBampiDriver(recordingContext().context);
    stack.push(driver);
    const parsed = driver.parse({
      ...{ bampi_address: bampi.url, bampi_username: 'u', bampi_password: PASSWORD },
      ...{ bampi_hostname: 'rack1-a', ...extra },
    });
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    return driver.connect(parsed.info, PATIENT);
  };
  const misbehave = (bampi: Bampi, faults: BampiFaults): void => {
    for (const server of bampi.servers) server.faults = faults;
  };

  for (const known of [false, true])
    for (const faults of [
      ...(['drip', 'endless', 'bomb', 'deep', 'wrong type', 'not JSON', 'array'] as const).map((body) => ({
        body,
      })),
      ...[{ busy: true }, { silent: true }, { redirect_to: '' }],
    ])
      it(`ends every call in time with a typed error ${known ? 'once it is known' : 'from the first on'}, and is the only one asked: ${JSON.stringify(faults)}`, async () => {
        const [bampi, other] = [await start(), await start()];
        const connection = await connect(bampi);
        // Where the server's name is known, other answers are the hostile ones.
        if (known) await connection.power.get(PATIENT);
        misbehave(bampi, 'redirect_to' in faults ? { redirect_to: other.url } : faults);
        const waits = 'busy' in faults || 'silent' in faults || ('body' in faults && faults.body === 'drip');
        const before_mb = process.memoryUsage().rss / 1024 ** 2;
        for (const [name, work] of Object.entries(CALLS)) {
          const error = await work(connection, waits ? HURRIED : PATIENT)?.then(
            () => null,
            (failed: Error) => failed,
          );
          // What is only sent, or told to be nothing, may succeed.
          if (error !== null) expect(error, name).to.have.property('name', 'DriverError');
          if (['power', 'boot.set', 'power.set'].includes(name) && !(known && name === 'power.set'))
            expect(error, name).not.to.equal(null);
        }
        expect(other.requests).to.equal(0);
        expect(process.memoryUsage().rss / 1024 ** 2 - before_mb).to.be.below(MOST_MB);
      });

  describe('certificates', () => {
    const ca_file = async (pem: string): Promise<string> => {
      const folder = await mkdtemp(join(tmpdir(), 'kurogane-bampi-'));
      stack.push({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) });
      await writeFile(join(folder, 'ca.pem'), pem);
      return join(folder, 'ca.pem');
    };
    const YEAR_MS = 365 * 24 * 3600 * 1000;
    for (const [what, address, at, trusted, code] of [
      ['of an unknown CA', '127.0.0.1', 0, false, 'SELF_SIGNED'],
      ['that have expired', '127.0.0.1', -YEAR_MS, true, 'CERT_HAS_EXPIRED'],
      ['of another address', '127.0.0.9', 0, true, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ] as const)
      it(`${what} are refused before anything is sent`, async () => {
        const certificate = await selfSignedCertificate(address, systemClock.now() + at);
        const bampi = await start({ certificate });
        const extra = trusted ? { bampi_verify_ca: await ca_file(certificate.cert) } : {};
        const error = await (await connect(bampi, extra)).power.get(PATIENT).then(
          () => null,
          (failed: Error) => failed,
        );
        expect(error).to.include({ name: 'DriverError', code: 'unreachable' });
        expect(error?.message).to.contain(code).and.contain('bampi_verify_ca');
        expect(bampi.requests).to.equal(0);
      });

    it('of the CA that the node names are believed, or all where it says so', async () => {
      const certificate = await selfSignedCertificate('127.0.0.1', systemClock.now());
      const bampi = await start({ certificate });
      for (const bampi_verify_ca of [await ca_file(certificate.cert), false]) {
        const connection = await connect(bampi, { bampi_verify_ca });
        expect(await connection.power.get(PATIENT)).to.equal('power off');
      }
    });

    it('in a file that is not there: the node is told', async () => {
      const error = await connect(await start(), { bampi_verify_ca: '/nowhere/ca.pem' }).then(
        () => null,
        (failed: Error) => failed,
      );
      expect(error).to.include({ code: 'rejected' });
    });
  });
});
