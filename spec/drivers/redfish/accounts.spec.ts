import { expect } from 'chai';
import type { AccountControl, CallOptions, Driver } from '../../../drivers/contract.ts';
import { createRedfishDriver } from '../../../drivers/redfish/driver.ts';
import type { RedfishInfo } from '../../../drivers/redfish/driver-info.ts';
import type { AccountService } from '../../../rack/redfish/account-service.ts';
import { recordingContext } from '../../contract/driver-bench.ts';
import { QUICK_OPTIONS, type QuickRack, quickRack } from './redfish-bench.ts';

const PATIENT: CallOptions = { timeout_ms: 15_000 };
const ACCOUNT = { name: 'second', password: 'f1rst-passw0rd', role: 'operator' } as const;

describe('redfish accounts', () => {
  let rack: QuickRack;
  let driver: Driver<RedfishInfo>;
  let service: AccountService;

  beforeEach(async () => {
    rack = await quickRack({ count: 1 });
    driver = createRedfishDriver(recordingContext().context, QUICK_OPTIONS);
    service = rack.server(0).redfish.state.accounts;
  });
  afterEach(async () => {
    await driver[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
  });

  const using = async <T>(work: (accounts: AccountControl) => Promise<T>): Promise<T> => {
    const parsed = driver.parse(rack.driver_info(0));
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    await using connection = await driver.connect(parsed.info, PATIENT);
    if (connection.accounts === undefined) throw new Error('no accounts');
    return await work(connection.accounts);
  };
  const codeOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'ok',
      (error: { code?: string }) => error.code,
    );

  it('of a fixed table are named, and emptied again', async () => {
    service.fixTable(2);
    await using(async (accounts) => {
      const id = await accounts.create(ACCOUNT, PATIENT);
      expect(service.login('second', ACCOUNT.password)).to.include({ id, role: 'Operator' });
      expect((await accounts.list(PATIENT)).map(({ name }) => name)).to.deep.equal(['admin', 'second']);
      await accounts.delete(id, PATIENT);
      await accounts.delete(id, PATIENT);
      expect((await accounts.list(PATIENT)).map(({ name }) => name)).to.deep.equal(['admin']);
      expect(service.accounts).to.have.lengthOf(3);
    });
  });

  it('of a table that is full are refused, with what to do', async () => {
    service.fixTable(0);
    const refusal = await using((accounts) => accounts.create(ACCOUNT, PATIENT)).catch(
      (error: Error) => error,
    );
    expect(refusal).to.include({ code: 'rejected' });
    expect(String(refusal)).to.contain('Delete one.');
  });

  it("of a vendor's own role count as what its privileges allow", async () => {
    service.accounts.push({ id: '9', name: 'auditor', password: 'x', role: 'Auditor', enabled: true });
    const all = await using((accounts) => accounts.list(PATIENT));
    expect(all.find(({ name }) => name === 'auditor')).to.include({ role: 'read-only', self: false });
  });

  it('without rights are refused where the BMC has no such role', async () => {
    expect(
      await using((accounts) => codeOf(accounts.create({ ...ACCOUNT, role: 'none' }, PATIENT))),
    ).to.equal('rejected');
    expect(service.accounts).to.have.lengthOf(1);
  });

  it('whose password the BMC repeats with its refusal are told without it', async () => {
    const refusal = await using((accounts) =>
      accounts.create({ ...ACCOUNT, password: 'sh0rt' }, PATIENT),
    ).catch((error: Error) => error);
    expect(String(refusal)).to.contain('The value *** for the property Password');
  });

  it('that it logs in with gets another password, and is not disabled', async () => {
    await using(async (accounts) => {
      const [self] = await accounts.list(PATIENT);
      const own = { name: 'admin', password: 'an0ther-0ne', role: 'administrator' } as const;
      expect(await codeOf(accounts.change(self?.id ?? '', { enabled: false }, PATIENT))).to.equal('rejected');
      expect(await accounts.create(own, PATIENT)).to.equal(self?.id);
      expect(service.login('admin', 'an0ther-0ne')).not.to.equal(null);
    });
  });
});
