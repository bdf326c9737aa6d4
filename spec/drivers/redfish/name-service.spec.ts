import { expect } from 'chai';
import { systemClock } from '../../../config/system-clock.ts';
import { DriverError } from '../../../drivers/contract.ts';
import { createRedfishDriver } from '../../../drivers/redfish/driver.ts';
import { SILENT } from '../../conductor/conductor-bench.ts';
import { PASSWORD, QUICK_OPTIONS } from './redfish-bench.ts';

describe('a Redfish BMC whose name has no address', () => {
  it('is named, with what to look at, and without its password', async () => {
    await using driver = createRedfishDriver({ clock: systemClock, log: SILENT }, QUICK_OPTIONS);
    const parsed = driver.parse({
      ...{ redfish_address: 'https://bmc.invalid', redfish_username: 'admin', redfish_password: PASSWORD },
    });
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    const options = { timeout_ms: 5000, signal: new AbortController().signal };
    await using connection = await driver.connect(parsed.info, options);
    const error = await connection.power.get(options).then(
      () => null,
      (failure: unknown) => failure,
    );
    expect(error).to.be.instanceOf(DriverError).and.to.include({ code: 'unreachable' });
    const { message } = error as DriverError;
    expect(message).to.match(/The name cannot be resolved \((ENOTFOUND|EAI_AGAIN)\)\. Check redfish_address/);
    expect(message).not.to.contain(PASSWORD);
  });
});
