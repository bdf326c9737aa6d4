import { DriverError } from '../../drivers/contract.ts';
import type { DriverRegistry } from '../../drivers/registry.ts';
import type { OpenBmc } from './screen.ts';

const CONNECT_MS = 15_000;

/** The service's own way to BMCs: no leased account may open a console on every BMC. */
export function bmcOpener(drivers: Pick<DriverRegistry, 'get'>): OpenBmc {
  return async ({ driver: name, driver_info, uuid }) => {
    const driver = drivers.get(name);
    if (driver === null) throw new DriverError('unsupported', `The gateway has no driver ${name}.`);
    const parsed = driver.parse(driver_info);
    if (!('info' in parsed)) throw new DriverError('rejected', parsed.problems.join(' '));
    return await driver.connect(parsed.info, { timeout_ms: CONNECT_MS, node_uuid: uuid });
  };
}
