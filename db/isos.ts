import type { IsoMountRecord, IsoRecord } from '../lifecycle/iso.ts';
import { uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { getBy, repository } from './repository.ts';
import type { IsoMountRepository } from './store.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const ISOS = defineTable<IsoRecord>({
  name: 'isos',
  kind: 'ISO image',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    name: value(),
    project: value(null),
    user: value(null),
    size_bytes: value(),
    received_bytes: value(0),
    sha256: value(null),
    state: value('uploading'),
    expires_at: value(),
  },
  unique: { isos_uuid: ['uuid'] },
});

export const ISO_MOUNTS = defineTable<IsoMountRecord>({
  name: 'iso_mounts',
  kind: 'mount of an ISO image',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    iso_uuid: value(),
    server_uuid: value(),
    token_hash: value(),
    expires_at: value(),
  },
  unique: { iso_mounts_uuid: ['uuid'], iso_mounts_token_hash: ['token_hash'] },
});

export function isoMountRepository(db: Executor): IsoMountRepository {
  return {
    ...repository(db, ISO_MOUNTS),
    getByTokenHash: (hash) => getBy(db, ISO_MOUNTS, 'token_hash', hash),
  };
}
