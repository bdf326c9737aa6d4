import { expect } from 'chai';
import { type CallOptions, type Connection, type Driver, DriverError } from '../../drivers/contract.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import {
  type DriverBench,
  type DriverTraits,
  eventually,
  everythingOf,
  openSockets,
  recordingContext,
} from './driver-bench.ts';

const PATIENT: CallOptions = { timeout_ms: 15_000 };
const HURRIED: CallOptions = { timeout_ms: 400 };

/**
 * What every driver owes the conductor, checked against servers whose truth the test reads and breaks.
 *
 * @param startBench starts a bench of its own for each test.
 */
export function describeDriver(
  name: string,
  startBench: () => Promise<DriverBench>,
  traits: DriverTraits,
): void {
  describe(`driver ${name}`, () => {
    let bench: DriverBench;
    let driver: Driver;
    let sockets_before: number;
    let lines: string[];

    beforeEach(async () => {
      bench = await startBench();
      sockets_before = openSockets();
      const recording = recordingContext();
      lines = recording.lines;
      driver = bench.createDriver(recording.context);
    });
    afterEach(async () => {
      await driver[Symbol.asyncDispose]();
      await bench[Symbol.asyncDispose]();
    });

    const connect = async (driver_info: JsonObject, node_uuid = 'node-0'): Promise<Connection> =>
      driver.connect(parsed(driver, driver_info), { ...PATIENT, node_uuid });

    const using = async (
      work: (connection: Connection) => Promise<void>,
      server: 0 | 1 = 0,
    ): Promise<void> => {
      const connection = await connect(bench.driver_info(server), `node-${server}`);
      try {
        await work(connection);
      } finally {
        await connection[Symbol.asyncDispose]();
      }
    };

    const powerIs = async (connection: Connection, wished: 'power on' | 'power off'): Promise<void> => {
      await eventually(
        () => connection.power.get(PATIENT),
        (power) => power === wished,
      );
    };

    describe('driver_info', () => {
      it('is understood by parse', () => {
        expect(driver.parse(bench.driver_info(0))).to.have.property('info');
      });

      it('has its secrets marked in the properties', () => {
        const info = bench.driver_info(0);
        for (const [key, value] of Object.entries(info)) {
          expect(driver.properties, 'properties').to.have.property(key);
          if (traits.secrets.includes(String(value)))
            expect(driver.properties[key]?.secret, `${key} is secret`).to.equal(true);
        }
      });

      it('names each required property that is missing', () => {
        for (const [key, facts] of Object.entries(driver.properties)) {
          if (facts.required !== true) continue;
          const { [key]: _, ...rest } = bench.driver_info(0);
          expect(problemsOf(driver, rest)).to.include(key);
        }
      });

      it('names each property of a wrong kind, and does not repeat its value', () => {
        for (const key of Object.keys(bench.driver_info(0))) {
          const problems = problemsOf(driver, { ...bench.driver_info(0), [key]: { wrong: 'k1nd-0f-va1ue' } });
          expect(problems).to.include(key);
          expect(problems).not.to.include('k1nd-0f-va1ue');
        }
      });
    });

    it('has exactly the capabilities that it says', async () => {
      const all = [
        ...(['boot', 'identify', 'nmi', 'sensors', 'eventLog', 'inventory', 'raw', 'bmc'] as const),
        ...(['bootMode', 'secureBoot', 'indicators', 'virtualMedia', 'console'] as const),
        ...(['bios', 'firmware', 'health'] as const),
      ];
      await using(async (connection) => {
        expect(all.filter((each) => connection[each] !== undefined)).to.have.members([
          ...traits.capabilities,
        ]);
      });
    });

    describe('power', () => {
      it('is read from the server each time, never from a cache', async () => {
        await using(async (connection) => {
          for (const power of ['on', 'off', 'off', 'on'] as const) {
            bench.truth(0).power = power;
            expect(await connection.power.get(PATIENT)).to.equal(`power ${power}`);
          }
        });
      });

      it('on twice is no error, off twice neither', async () => {
        await using(async (connection) => {
          for (const target of ['power on', 'power on', 'power off', 'power off'] as const) {
            await connection.power.set(target, PATIENT);
            await powerIs(connection, target);
            expect(`power ${bench.truth(0).power}`).to.equal(target);
          }
        });
      });

      it('rebooting turns a server on that is off', async () => {
        await using(async (connection) => {
          bench.truth(0).power = 'off';
          await connection.power.set('rebooting', PATIENT);
          await powerIs(connection, 'power on');
          expect(bench.truth(0).power).to.equal('on');
        });
      });

      it('rebooting restarts a server that is on, once', async () => {
        await using(async (connection) => {
          bench.truth(0).power = 'on';
          const before = bench.truth(0).reboots;
          await connection.power.set('rebooting', PATIENT);
          await powerIs(connection, 'power on');
          expect(bench.truth(0).reboots).to.equal(before + 1);
        });
      });

      it('does every target that it says it supports', async () => {
        await using(async (connection) => {
          for (const target of connection.power.supported) {
            bench.truth(0).power = 'on';
            await connection.power.set(target, PATIENT);
            await powerIs(connection, /off$/.test(target) ? 'power off' : 'power on');
          }
        });
      });
    });

    if (traits.capabilities.includes('boot')) {
      describe('boot device', () => {
        it('is null when there is no override', async () => {
          await using(async (connection) => {
            expect(await connection.boot?.get(PATIENT)).to.deep.equal({
              boot_device: null,
              persistent: null,
            });
          });
        });

        for (const persistent of traits.boots_for_good_only === true ? [true] : [false, true])
          it(`is set ${persistent ? 'for all boots' : 'for the next boot'}, for every device`, async () => {
            await using(async ({ boot }) => {
              if (boot === undefined) throw new Error('no boot control');
              for (const boot_device of boot.supported) {
                await boot.set({ boot_device, persistent, boot_mode: 'uefi' }, PATIENT);
                expect(bench.truth(0).boot).to.deep.include({ boot_device, persistent });
                expect(await boot.get(PATIENT)).to.deep.equal({ boot_device, persistent });
              }
            });
          });
      });
    }

    if (traits.capabilities.includes('identify'))
      it('lights the identify lamp: on, for a time, off', async () => {
        await using(async ({ identify }) => {
          for (const state of ['on', { seconds: 30 }, 'off'] as const) {
            await identify?.set(state, PATIENT);
            expect(bench.truth(0).identify).to.deep.equal(state);
          }
        });
      });

    if (traits.capabilities.includes('nmi'))
      it('injects an NMI', async () => {
        await using(async ({ nmi }) => {
          bench.truth(0).power = 'on';
          await nmi?.inject(PATIENT);
          expect(bench.truth(0).nmi_count).to.equal(1);
        });
      });

    if (traits.capabilities.includes('bootMode'))
      it('sets the boot mode, twice too, and reads it from the server', async () => {
        await using(async ({ bootMode }) => {
          for (const mode of ['bios', 'bios', 'uefi'] as const) {
            await bootMode?.set(mode, PATIENT);
            expect(bench.truth(0).boot_mode).to.equal(mode);
          }
          bench.truth(0).boot_mode = 'bios';
          expect(await bootMode?.get(PATIENT)).to.equal('bios');
        });
      });

    if (traits.capabilities.includes('secureBoot'))
      it('sets secure boot, twice too, and reads it from the server', async () => {
        await using(async ({ secureBoot }) => {
          for (const enabled of [true, true, false]) {
            await secureBoot?.set(enabled, PATIENT);
            expect(bench.truth(0).secure_boot).to.equal(enabled);
          }
          bench.truth(0).secure_boot = true;
          expect(await secureBoot?.get(PATIENT)).to.equal(true);
        });
      });

    if (traits.capabilities.includes('indicators'))
      describe('indicators', () => {
        it('are listed, each lamp once, with states that can be set', async () => {
          await using(async ({ indicators }) => {
            const lamps = (await indicators?.list(PATIENT)) ?? [];
            const names = lamps.map(({ id, component }) => `${id}@${component}`);
            expect(names).to.have.lengthOf.above(0);
            expect(new Set(names).size).to.equal(names.length);
            for (const { states } of lamps) expect(states).to.have.lengthOf.above(0);
          });
        });

        it('take every state that they say, and tell it', async () => {
          await using(async ({ indicators }) => {
            for (const lamp of (await indicators?.list(PATIENT)) ?? []) {
              if (lamp.readonly) continue;
              for (const state of lamp.states) {
                await indicators?.set(lamp, state, PATIENT);
                expect(await indicators?.get(lamp, PATIENT)).to.equal(state);
                expect(bench.truth(0).indicators?.[`${lamp.id}@${lamp.component}`]).to.equal(state);
              }
            }
          });
        });

        it('that do not exist, or cannot be set so, are refused', async () => {
          await using(async ({ indicators }) => {
            if (indicators === undefined) throw new Error('no indicators');
            const nowhere = { component: 'nic', id: 'nowhere' } as const;
            const wrong = [
              () => indicators.get(nowhere, PATIENT),
              () => indicators.set(nowhere, 'on', PATIENT),
            ];
            for (const lamp of await indicators.list(PATIENT)) {
              const refused = (['on', 'off', 'blinking'] as const).find(
                (state) => lamp.readonly || !lamp.states.includes(state),
              );
              if (refused !== undefined) wrong.push(() => indicators.set(lamp, refused, PATIENT));
            }
            for (const each of wrong) expect((await driverErrorOf(each)).code).to.equal('rejected');
          });
        });
      });

    if (traits.capabilities.includes('virtualMedia'))
      it('inserts images and ejects them, one device or all, and an empty one too', async () => {
        await using(async ({ virtualMedia }) => {
          if (virtualMedia === undefined) throw new Error('no virtual media');
          const held = async () =>
            (await virtualMedia.list(PATIENT)).filter(({ inserted }) => inserted).map(({ image }) => image);
          expect(await held()).to.deep.equal([]);
          await virtualMedia.attach('cdrom', 'http://127.0.0.1/a.iso', PATIENT);
          await virtualMedia.attach('cdrom', 'http://127.0.0.1/b.iso', PATIENT);
          expect(await held()).to.deep.equal(['http://127.0.0.1/b.iso']);
          expect(bench.truth(0).images).to.deep.equal(['http://127.0.0.1/b.iso']);
          await virtualMedia.detach(['floppy'], PATIENT);
          expect(await held()).to.deep.equal(['http://127.0.0.1/b.iso']);
          await virtualMedia.detach(['cdrom'], PATIENT);
          expect(await held()).to.deep.equal([]);
          await virtualMedia.attach('cdrom', 'http://127.0.0.1/c.iso', PATIENT);
          await virtualMedia.detach(null, PATIENT);
          await virtualMedia.detach(null, PATIENT);
          expect(bench.truth(0).images).to.deep.equal([]);
        });
      });

    if (traits.capabilities.includes('console'))
      it('starts a console that outlives the connection, and stops it; twice is no error', async () => {
        await using(async (connection) => {
          expect(await connection.console?.info(PATIENT)).to.equal(null);
          await connection.console?.start(PATIENT);
          await connection.console?.start(PATIENT);
        });
        expect(bench.truth(0).console).to.equal(true);
        await using(async (connection) => {
          const info = await connection.console?.info(PATIENT);
          expect(info?.type).to.be.a('string').with.lengthOf.above(0);
          expect(URL.canParse(info?.url ?? ''), info?.url).to.equal(true);
          await connection.console?.stop(PATIENT);
          await connection.console?.stop(PATIENT);
          expect(await connection.console?.info(PATIENT)).to.equal(null);
          expect(bench.truth(0).console).to.equal(false);
        });
      });

    if (traits.capabilities.includes('bios'))
      it('reads the BIOS settings from the server each time', async () => {
        await using(async ({ bios }) => {
          const names = (await bios?.read(PATIENT))?.map(({ name }) => name) ?? [];
          expect(names).to.have.lengthOf.above(0);
          expect(new Set(names).size).to.equal(names.length);
          bench.truth(0).bios = [{ name: names[0] ?? '', value: 'changed-by-hand' }];
          const read = await bios?.read(PATIENT);
          expect(read?.find(({ name }) => name === names[0])?.value).to.equal('changed-by-hand');
        });
      });

    if (traits.capabilities.includes('firmware'))
      it('reads the firmware versions from the server each time', async () => {
        await using(async ({ firmware }) => {
          const parts = (await firmware?.read(PATIENT)) ?? [];
          expect(parts).to.have.lengthOf.above(0);
          const component = parts[0]?.component ?? '';
          bench.truth(0).firmware = [{ component, current_version: '99.1' }];
          const read = await firmware?.read(PATIENT);
          expect(read?.find((part) => part.component === component)?.current_version).to.equal('99.1');
        });
      });

    if (traits.capabilities.includes('health'))
      it('reads the health from the server each time', async () => {
        await using(async ({ health }) => {
          for (const state of ['Warning', 'Critical', null, 'OK'] as const) {
            bench.truth(0).health = state;
            expect(await health?.read(PATIENT)).to.equal(state);
          }
        });
      });

    it('says unauthorized at once when the server refuses the credentials', async () => {
      // A deadline far past the test's own: only an immediate refusal ends in time.
      const error = await driverErrorOf(async () => {
        const connection = await connect(bench.refused_driver_info(0));
        await connection.power.get({ timeout_ms: 3_600_000 });
      });
      expect(error.code).to.equal('unauthorized');
    });

    describe('a server that does not answer', () => {
      if (!traits.faults.includes('silent')) return;

      it('is unreachable by the deadline', async () => {
        bench.break(0, 'silent');
        const error = await driverErrorOf(async () => {
          const connection = await driver.connect(parsed(driver, bench.driver_info(0)), HURRIED);
          await connection.power.get(HURRIED);
        });
        expect(error.code).to.equal('unreachable');
      });

      it('is unreachable also when it answered before, and reached again when it answers again', async () => {
        await using(async (connection) => {
          await connection.power.set('power on', PATIENT);
          bench.break(0, 'silent');
          const error = await driverErrorOf(() => connection.power.get(HURRIED));
          expect(error.code).to.equal('unreachable');
          bench.heal(0);
          await powerIs(connection, 'power on');
        });
      });

      it('leaves no socket when the call is aborted', async () => {
        bench.break(0, 'silent');
        const abort = new AbortController();
        const options = { timeout_ms: 3_600_000, signal: abort.signal };
        const call = (async () => {
          const connection = await driver.connect(parsed(driver, bench.driver_info(0)), options);
          await connection.power.get(options);
        })();
        setImmediate(() => abort.abort());
        await rejectionOf(() => call);
        await driver[Symbol.asyncDispose]();
        await eventually(openSockets, (count) => count <= sockets_before);
      });
    });

    it('leaves no socket when all is disposed', async () => {
      await using(async (connection) => {
        await connection.power.get(PATIENT);
      });
      await driver[Symbol.asyncDispose]();
      await eventually(openSockets, (count) => count <= sockets_before);
    });

    it('does nothing when the call was aborted before it began', async () => {
      bench.truth(0).power = 'off';
      await using(async (connection) => {
        await rejectionOf(() =>
          connection.power.set('power on', { ...PATIENT, signal: AbortSignal.abort() }),
        );
        expect(await connection.power.get(PATIENT)).to.equal('power off');
        expect(bench.truth(0).power).to.equal('off');
      });
    });

    for (const fault of ['lossy', 'doubled', 'late', 'reordered', 'malformed'] as const) {
      if (!traits.faults.includes(fault)) continue;
      it(`survives ${fault} replies, and still tells the truth`, async () => {
        bench.break(0, fault);
        await using(async (connection) => {
          const truth = bench.truth(0);
          for (const target of ['power on', 'power off', 'power on'] as const) {
            await connection.power.set(target, PATIENT);
            await powerIs(connection, target);
            expect(`power ${truth.power}`).to.equal(target);
          }
          for (const power of ['off', 'on', 'off', 'on'] as const) {
            truth.power = power;
            expect(await connection.power.get(PATIENT)).to.equal(`power ${power}`);
          }
          await connection.boot?.set({ boot_device: 'pxe', persistent: false, boot_mode: null }, PATIENT);
          if (connection.boot !== undefined) expect(truth.boot?.boot_device).to.equal('pxe');
        });
      });
    }

    if (traits.faults.includes('busy'))
      it('says busy when the server stays busy', async () => {
        bench.break(0, 'busy');
        const error = await driverErrorOf(async () => {
          const connection = await driver.connect(parsed(driver, bench.driver_info(0)), HURRIED);
          await connection.power.get(HURRIED);
        });
        expect(error.code).to.equal('busy');
      });

    it('does not mix two servers that are worked on at once', async () => {
      bench.truth(0).power = 'on';
      bench.truth(1).power = 'off';
      await using(async (first) => {
        await using(async (second) => {
          const read = await Promise.all(
            Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? first : second).power.get(PATIENT)),
          );
          expect(read).to.deep.equal(read.map((_, i) => (i % 2 === 0 ? 'power on' : 'power off')));
          await Promise.all([first.power.set('power off', PATIENT), second.power.set('power on', PATIENT)]);
          await Promise.all([powerIs(first, 'power off'), powerIs(second, 'power on')]);
          expect([bench.truth(0).power, bench.truth(1).power]).to.deep.equal(['off', 'on']);
          await first.boot?.set({ boot_device: 'disk', persistent: true, boot_mode: null }, PATIENT);
          if (first.boot !== undefined) expect(bench.truth(1).boot).to.equal(null);
        }, 1);
      });
    });

    if (traits.secrets.length > 0)
      it('puts no secret in a log line or an error', async () => {
        const told: string[] = [];
        await using(async (connection) => {
          await connection.power.set('power on', PATIENT);
        });
        told.push(
          everythingOf(
            await driverErrorOf(async () => {
              const connection = await connect(bench.refused_driver_info(0));
              await connection.power.get(PATIENT);
            }),
          ),
        );
        for (const fault of traits.faults) {
          bench.break(1, fault);
          await using(async (connection) => {
            await connection.power.get(HURRIED);
          }, 1).catch((error: unknown) => told.push(everythingOf(error)));
        }
        const text = [...told, ...lines].join('\n');
        for (const secret of traits.secrets)
          expect(text.includes(secret), 'a secret is told').to.equal(false);
      });
  });
}

function parsed(driver: Driver, driver_info: JsonObject): unknown {
  const reading = driver.parse(driver_info);
  if ('problems' in reading) throw new Error(reading.problems.join(' '));
  return reading.info;
}

function problemsOf(driver: Driver, driver_info: JsonObject): string {
  const reading = driver.parse(driver_info);
  return 'problems' in reading ? reading.problems.join(' ') : '';
}

async function rejectionOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('It succeeded, though it had to fail.');
}

async function driverErrorOf(work: () => Promise<unknown>): Promise<DriverError> {
  const error = await rejectionOf(work);
  if (error instanceof DriverError) return error;
  throw new Error(`It failed with something else than a DriverError: ${String(error)}`, { cause: error });
}
