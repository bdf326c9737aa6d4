import { expect } from 'chai';
import { type CallOptions, type Connection, type Driver, DriverError } from '../../drivers/contract.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { type DriverBench, recordingContext } from './driver-bench.ts';

const PATIENT: CallOptions = { timeout_ms: 15_000 };
const NEW_PASSWORD = 'f1rst-passw0rd';
const LATER_PASSWORD = 'l8er-passw0rd-of-20b';

/** What a row has of the BMC's own management. A case exists only when it is named. */
export type BmcCapability = 'accounts' | 'lan' | 'clock' | 'ntp' | 'eventLog.clear' | 'secureBootKeys';

/** What every driver owes the conductor of the BMC itself: its users, its network, its clock, its log. */
export function describeBmcManagement(
  name: string,
  startBench: () => Promise<DriverBench>,
  capabilities: readonly BmcCapability[],
): void {
  describe(`driver ${name}, the BMC itself`, () => {
    let bench: DriverBench;
    let driver: Driver;

    beforeEach(async () => {
      bench = await startBench();
      driver = bench.createDriver(recordingContext().context);
    });
    afterEach(async () => {
      await driver[Symbol.asyncDispose]();
      await bench[Symbol.asyncDispose]();
    });

    const using = async <T>(
      work: (connection: Connection) => Promise<T>,
      changes: JsonObject = {},
      by = driver,
    ): Promise<T> => {
      const parsed = by.parse({ ...bench.driver_info(0), ...changes });
      if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
      await using connection = await by.connect(parsed.info, { ...PATIENT, node_uuid: 'node-0' });
      return await work(connection);
    };
    /** Whether these words let somebody in who has no session yet: `ok` or the error's code. */
    const login = async (username: string, password: string): Promise<string> => {
      const { login: keys } = driver;
      if (keys === undefined) throw new Error('The driver names no login.');
      await using fresh = bench.createDriver(recordingContext().context);
      const words = { [keys.username]: username, [keys.password]: password };
      try {
        await using((connection) => connection.power.get(PATIENT), words, fresh);
        return 'ok';
      } catch (error) {
        if (error instanceof DriverError) return error.code;
        throw error;
      }
    };

    if (capabilities.includes('accounts')) {
      it('makes an account that can log in, changes it, and deletes it', async () => {
        await using(async ({ accounts }) => {
          if (accounts === undefined) throw new Error('no accounts');
          const account = { name: 'second', password: NEW_PASSWORD, role: 'administrator' } as const;
          const id = await accounts.create(account, PATIENT);
          expect(await accounts.create(account, PATIENT), 'made twice').to.equal(id);
          expect((await accounts.list(PATIENT)).find((each) => each.id === id)).to.deep.equal({
            ...{ id, name: 'second', role: 'administrator' },
            ...{ enabled: true, self: false },
          });
          expect(await login('second', NEW_PASSWORD)).to.equal('ok');
          await accounts.change(id, { password: LATER_PASSWORD }, PATIENT);
          expect(await login('second', NEW_PASSWORD), 'the old password').to.equal('unauthorized');
          expect(await login('second', LATER_PASSWORD)).to.equal('ok');
          await accounts.change(id, { role: 'operator', enabled: false }, PATIENT);
          const changed = (await accounts.list(PATIENT)).find((each) => each.id === id);
          expect(changed).to.include({ role: 'operator', enabled: false });
          await accounts.delete(id, PATIENT);
          await accounts.delete(id, PATIENT);
          expect((await accounts.list(PATIENT)).map((each) => each.name)).not.to.include('second');
          expect(await login('second', LATER_PASSWORD), 'when deleted').to.equal('unauthorized');
        });
      });

      it('says how long a password may be, and takes no longer one', async () => {
        await using(async ({ accounts }) => {
          const most_bytes = (await accounts?.maxPasswordBytes(PATIENT)) ?? 0;
          const make = (bytes: number) =>
            accounts
              ?.create(
                { name: 'long', password: 'aB1!'.repeat(bytes).slice(0, bytes), role: 'operator' },
                PATIENT,
              )
              .then(
                () => 'made',
                (error: DriverError) => error.code,
              );
          expect(await make(most_bytes + 1)).to.equal('rejected');
          expect(await make(most_bytes)).to.equal('made');
        });
      });

      it('does not delete the account that it logs in with', async () => {
        await using(async ({ accounts }) => {
          const self = (await accounts?.list(PATIENT))?.filter((each) => each.self) ?? [];
          expect(self).to.have.lengthOf(1);
          const refusal = await accounts?.delete(self[0]?.id ?? '', PATIENT).then(
            () => null,
            (error: unknown) => error,
          );
          expect(refusal).to.be.instanceOf(DriverError).and.include({ code: 'rejected' });
          expect(await accounts?.list(PATIENT)).to.deep.include(self[0]);
        });
      });
    }

    if (capabilities.includes('lan'))
      it('changes what it is told of the network, and leaves the rest', async () => {
        await using(async ({ lan }) => {
          const before = await lan?.get(PATIENT);
          await lan?.set({ gateway: '192.0.2.1', vlan_id: 42 }, PATIENT);
          expect(await lan?.get(PATIENT)).to.deep.equal({ ...before, gateway: '192.0.2.1', vlan_id: 42 });
          const moved = { source: 'static', address: '192.0.2.77', netmask: '255.255.255.0' } as const;
          await lan?.set({ ...moved, gateway: null, vlan_id: null }, PATIENT);
          expect(await lan?.get(PATIENT)).to.deep.equal({
            ...before,
            ...moved,
            gateway: null,
            vlan_id: null,
          });
        });
      });

    if (capabilities.includes('clock'))
      it('sets the clock of the BMC', async () => {
        await using(async ({ clock }) => {
          const then_ms = Date.UTC(2031, 4, 6, 7, 8, 9);
          await clock?.set(then_ms, PATIENT);
          expect(await clock?.get(PATIENT)).to.be.within(then_ms, then_ms + 60_000);
        });
      });

    if (capabilities.includes('ntp'))
      it('sets the time servers of the BMC, and turns them off', async () => {
        await using(async ({ ntp }) => {
          const servers = ['192.0.2.1', 'time.test'];
          await ntp?.set(servers, PATIENT);
          expect(await ntp?.get(PATIENT)).to.deep.equal({ enabled: true, servers });
          await ntp?.set([], PATIENT);
          expect((await ntp?.get(PATIENT))?.enabled).to.equal(false);
        });
      });

    if (capabilities.includes('secureBootKeys'))
      it('puts the keys of secure boot back, and takes them away', async () => {
        await using(async ({ secureBootKeys }) => {
          for (const to of ['default', 'none'] as const) {
            await secureBootKeys?.reset(to, PATIENT);
            expect(bench.truth(0).secure_boot_keys).to.equal(to);
          }
        });
      });

    if (capabilities.includes('eventLog.clear'))
      it('empties the event log; an empty one is no error', async () => {
        await using(async ({ power, eventLog }) => {
          await power.set('power on', PATIENT);
          expect(await eventLog?.read(PATIENT)).to.have.lengthOf.above(0);
          await eventLog?.clear?.(PATIENT);
          expect(await eventLog?.read(PATIENT)).to.deep.equal([]);
          await eventLog?.clear?.(PATIENT);
        });
      });
  });
}
