import { randomBytes } from 'node:crypto';
import type { Store } from '../../db/store.ts';
import { ServiceError } from '../../lifecycle/errors.ts';
import { ipv4Network, netmask } from '../../lifecycle/ipv4.ts';
import type { IpPoolRecord } from '../../lifecycle/registration-records.ts';
import type { ServerReport } from '../../lifecycle/server-report.ts';
import type { BmcOrders } from '../client.ts';
import { allocateAddress } from '../ipam.ts';
import type { RegistrationFailure } from './end-registration.ts';
import type { RegistrationDeps } from './registration-deps.ts';

/** What IPMI 1.5 and 2.0 both take: 16 characters. */
const PASSWORD_BYTES = 12;

/** What the server is to set on its own BMC. */
export async function orderBmc(
  { store, settings }: RegistrationDeps,
  report: ServerReport,
): Promise<{ bmc: BmcOrders } | { failure: RegistrationFailure }> {
  if (report.bmc === null)
    return {
      failure: {
        step: 'bmc-lan',
        cause:
          'The server has no BMC that answers in band: check that it is enabled and that the ramdisk has its driver (ipmi_si).',
      },
    };
  const pool = await bmcPool(store, settings.registration.bmc_pool);
  if (pool === null)
    return {
      failure: {
        step: 'address',
        cause:
          'There is no pool of BMC addresses: make one (kurogane ipam pool create --purpose bmc), or name one in [registration]bmc_pool.',
      },
    };
  try {
    const { address } = await allocateAddress(store, pool, report.system_uuid);
    return {
      bmc: {
        address,
        netmask: netmask(ipv4Network(pool.network)?.prefix ?? 24),
        gateway: pool.gateway,
        vlan_id: pool.vlan_id,
        username: settings.registration.bmc_username,
        password: newPassword(),
      },
    };
  } catch (error) {
    if (!(error instanceof ServiceError) || error.status !== 409) throw error;
    return { failure: { step: 'address', cause: error.message } };
  }
}

/** Letters and digits: nothing that a BMC or a shell of one takes for something else. */
function newPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url').replace(/[-_]/g, 'x');
}

async function bmcPool(store: Store, name: string): Promise<IpPoolRecord | null> {
  if (name !== '') return store.ip_pools.getByName(name);
  const [oldest] = await store.ip_pools.list({ where: { purpose: 'bmc' }, limit: 1 });
  return oldest ?? null;
}
