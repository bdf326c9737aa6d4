import { expect } from 'chai';
import {
  type BiosSetting,
  type BmcTask,
  type CallOptions,
  type Connection,
  type Driver,
  DriverError,
  type RaidController,
  type TaskStatus,
} from '../../drivers/contract.ts';
import { type DriverBench, eventually, recordingContext } from './driver-bench.ts';

const PATIENT: CallOptions = { timeout_ms: 15_000 };

/** What a row can change of the hardware behind its BMC. A case exists only when it is named. */
export type HardwareCapability = 'biosWriter' | 'raid' | 'drives' | 'firmwareUpdater';

/** A bench whose servers can take their time. */
export interface HardwareBench extends DriverBench {
  /** From now on the work of server 0 becomes tasks, which take a while. */
  slow(): void;
}

/** What every driver owes the steps that change hardware: asked, followed over connections, and read back. */
export function describeHardwareChanges(
  name: string,
  startBench: () => Promise<HardwareBench>,
  capabilities: readonly HardwareCapability[],
): void {
  describe(`driver ${name}, the hardware`, () => {
    let bench: HardwareBench;
    let driver: Driver;

    beforeEach(async () => {
      bench = await startBench();
      driver = bench.createDriver(recordingContext().context);
    });
    afterEach(async () => {
      await driver[Symbol.asyncDispose]();
      await bench[Symbol.asyncDispose]();
    });

    const using = async <T>(work: (connection: Connection) => Promise<T>, by = driver): Promise<T> => {
      const parsed = by.parse(bench.driver_info(0));
      if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
      await using connection = await by.connect(parsed.info, { ...PATIENT, node_uuid: 'node-0' });
      return await work(connection);
    };
    /** As another process does it, which has the handle and nothing else. */
    const lookAt = async (task: string): Promise<TaskStatus> => {
      await using other = bench.createDriver(recordingContext().context);
      return await using(({ tasks }) => {
        if (tasks === undefined) throw new Error('no tasks');
        return tasks.read(task, PATIENT);
      }, other);
    };
    const ended = async (task: BmcTask): Promise<void> => {
      if (task === null) return;
      const status = await eventually(
        () => lookAt(task),
        ({ state }) => state !== 'running',
      );
      expect(status.state, status.message ?? 'no message').to.be.oneOf(['done', 'vanished']);
    };
    const refusal = async (work: (connection: Connection) => Promise<unknown>): Promise<unknown> =>
      await using(work).then(
        () => null,
        (error: unknown) => error,
      );

    if (capabilities.includes('biosWriter'))
      describe('BIOS settings', () => {
        const settings = () => using(async ({ bios }) => (await bios?.read(PATIENT)) ?? []);
        const valueAt = async (wished: string) =>
          (await settings()).find((each) => each.name === wished)?.value;
        const pending = () => using(async ({ biosWriter }) => biosWriter?.pending(PATIENT));
        const reboot = () => using(({ power }) => power.set('rebooting', PATIENT));
        /** One that can be chosen, with a value that it does not have. */
        const choice = async (): Promise<{ name: string; value: string; before: string | null }> => {
          const found = (await settings()).find(
            (each) => each.read_only !== true && (each.allowable_values ?? []).length > 1,
          );
          const value = found?.allowable_values?.find((each) => each !== found.value);
          if (found === undefined || value === undefined) throw new Error('no setting to choose');
          return { name: found.name, value, before: found.value };
        };

        it('are asked for, pending, and taken on with a boot', async () => {
          const { name: wished, value, before } = await choice();
          await using(({ power }) => power.set('power on', PATIENT));
          await ended(
            await using(async ({ biosWriter }) =>
              biosWriter === undefined ? null : biosWriter.apply([{ name: wished, value }], PATIENT),
            ),
          );
          expect(await pending()).to.deep.equal({ [wished]: value });
          expect(await valueAt(wished), 'before the boot').to.equal(before);
          await reboot();
          expect(await pending()).to.deep.equal({});
          expect(await valueAt(wished), 'after the boot').to.equal(value);
        });

        it('of the factory come back with a boot', async () => {
          const { name: wished, value, before } = await choice();
          bench.truth(0).bios = [{ name: wished, value }];
          expect(await valueAt(wished)).to.equal(value);
          await ended(
            await using(async ({ biosWriter }) =>
              biosWriter === undefined ? null : biosWriter.factoryReset(PATIENT),
            ),
          );
          await reboot();
          expect(await pending()).to.deep.equal({});
          expect(await valueAt(wished)).to.equal(before);
        });

        it('that cannot be are refused, and none of those with them is asked for', async () => {
          const good = await choice();
          const all = await settings();
          const bounded = all.find((each) => each.upper_bound !== null);
          const fixed = all.find((each) => each.read_only === true);
          const wrong: (BiosSetting | undefined | { name: string; value: string })[] = [
            { name: 'NoSuchSetting', value: '1' },
            { name: good.name, value: 'no such value' },
            fixed && { name: fixed.name, value: 'x' },
            bounded && { name: bounded.name, value: String(Number(bounded.upper_bound) + 1) },
          ];
          for (const each of wrong) {
            if (each === undefined) throw new Error('the bench lacks such a setting');
            const asked = [
              { name: good.name, value: good.value },
              { name: each.name, value: each.value ?? '' },
            ];
            const error = await refusal(async ({ biosWriter }) => biosWriter?.apply(asked, PATIENT));
            expect(error, each.name).to.be.instanceOf(DriverError).and.include({ code: 'rejected' });
            expect(await pending(), each.name).to.deep.equal({});
          }
        });

        it('are followed by another process when they take a while', async () => {
          bench.slow();
          const { name: wished, value } = await choice();
          const task = await using(async ({ biosWriter }) =>
            biosWriter === undefined ? null : biosWriter.apply([{ name: wished, value }], PATIENT),
          );
          if (task === null) throw new Error('no task');
          expect((await lookAt(task)).state).to.equal('running');
          await ended(task);
          expect(await pending()).to.deep.equal({ [wished]: value });
        });
      });

    if (capabilities.includes('raid'))
      describe('RAID', () => {
        const controllers = () => using(async ({ raid }) => (await raid?.read(PATIENT)) ?? []);
        const volumes = async () => (await controllers()).flatMap(({ volumes }) => volumes);
        const able = async (): Promise<RaidController> => {
          const found = (await controllers()).find(
            (each) => each.raid_levels.includes('1') && each.drives.length > 1,
          );
          if (found === undefined) throw new Error('no controller makes mirrors');
          return found;
        };
        const mirror = async (changes: { controller?: string; drives?: string[] } = {}): Promise<BmcTask> => {
          const { id: controller, drives } = await able();
          const two = drives.slice(0, 2).map(({ id }) => id);
          const volume = { controller, raid_level: '1', size_gb: null, drives: two, name: 'root' } as const;
          return using(async ({ raid }) => raid?.create({ ...volume, ...changes }, PATIENT) ?? null);
        };

        it('volumes are made and deleted; one that is gone is no error', async () => {
          const { id: controller, drives } = await able();
          await ended(await mirror());
          const [made, ...others] = await volumes();
          expect(others).to.deep.equal([]);
          expect(made).to.deep.include({ raid_level: '1', name: 'root' });
          expect(made?.drives).to.have.members(drives.slice(0, 2).map(({ id }) => id));
          expect(made?.size_gb).to.be.greaterThan(0);
          for (let times = 0; times < 2; times += 1) {
            const id = made?.id ?? '';
            await ended(await using(async ({ raid }) => raid?.delete({ controller, id }, PATIENT) ?? null));
            expect(await volumes()).to.deep.equal([]);
          }
        });

        it('volumes that cannot be are refused', async () => {
          for (const wrong of [{ controller: 'nowhere' }, { drives: ['no such drive', 'nor this'] }])
            expect(await refusal(() => mirror(wrong)))
              .to.be.instanceOf(DriverError)
              .and.include({ code: 'rejected' });
          expect(await volumes()).to.deep.equal([]);
        });

        it('volumes that take a while are followed by another process', async () => {
          bench.slow();
          const task = await mirror();
          if (task === null) throw new Error('no task');
          expect((await lookAt(task)).state).to.equal('running');
          await ended(task);
          expect(await volumes()).to.have.lengthOf(1);
        });
      });

    if (capabilities.includes('firmwareUpdater'))
      describe('firmware', () => {
        const versionOf = (wished: string) =>
          using(async ({ firmware }) => {
            const parts = (await firmware?.read(PATIENT)) ?? [];
            return parts.find(({ component }) => component === wished)?.current_version;
          });
        const update = (component: string, url: string) =>
          using(async ({ firmwareUpdater }) => firmwareUpdater?.update({ component, url }, PATIENT) ?? null);

        for (const component of ['bmc', 'bios'])
          it(`of the ${component} is updated, and the new version read back`, async () => {
            await using(({ power }) => power.set('power on', PATIENT));
            expect(await versionOf(component)).not.to.equal('2.0.0');
            await ended(await update(component, `http://127.0.0.1/${component}-2.0.0.bin`));
            if (component === 'bios') await using(({ power }) => power.set('rebooting', PATIENT));
            expect(await versionOf(component)).to.equal('2.0.0');
          });

        it('of a component that the server does not have is refused', async () => {
          const error = await refusal(() => update('nic:nowhere', 'http://127.0.0.1/nic-2.0.0.bin'));
          expect(error).to.be.instanceOf(DriverError).and.include({ code: 'rejected' });
        });

        it('that takes a while is followed by another process', async () => {
          bench.slow();
          const task = await update('bmc', 'http://127.0.0.1/bmc-2.0.0.bin');
          if (task === null) throw new Error('no task');
          expect((await lookAt(task)).state).to.equal('running');
          await ended(task);
          expect(await versionOf('bmc')).to.equal('2.0.0');
        });
      });

    if (capabilities.includes('drives'))
      it('has drives that erase themselves, one by one', async () => {
        const drives = await using(async ({ drives }) => (await drives?.list(PATIENT)) ?? []);
        const ids = drives.map(({ id }) => id);
        expect(new Set(ids).size).to.equal(ids.length).and.be.greaterThan(0);
        for (const id of ids)
          await ended(await using(async ({ drives }) => drives?.erase(id, PATIENT) ?? null));
        expect(bench.truth(0).erasures).to.equal(ids.length);
      });

    it('says that a task which it does not know has vanished', async () => {
      expect((await lookAt('/no/such/task')).state).to.equal('vanished');
    });
  });
}
