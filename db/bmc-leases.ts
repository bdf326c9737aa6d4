import type { BmcLeaseRecord } from '../lifecycle/bmc-lease.ts';
import { secretJson, uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { getBy, repository } from './repository.ts';
import type { BmcLeaseRepository } from './store.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const BMC_LEASES = defineTable<BmcLeaseRecord>({
  name: 'bmc_leases',
  kind: 'BMC lease',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    server_uuid: value(),
    project: value(null),
    user: value(null),
    side: value(),
    access: value(),
    role: value(),
    username: value(),
    password_hash: value(),
    bmc: secretJson('{}'),
    state: value('pending'),
    expires_at: value(),
    revoked_at: value(null),
    last_error: value(null),
    attempts: value(0),
    next_at: value(null),
  },
  unique: { bmc_leases_uuid: ['uuid'], bmc_leases_username: ['username'] },
});

export function bmcLeaseRepository(db: Executor): BmcLeaseRepository {
  return {
    ...repository(db, BMC_LEASES),
    getByUsername: (username) => getBy(db, BMC_LEASES, 'username', username),
  };
}
