import type { EraseCertificateRecord } from '../lifecycle/erase-certificate.ts';
import { uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { create, getBy, list } from './repository.ts';
import type { EraseCertificateRepository } from './store.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const ERASE_CERTIFICATES = defineTable<EraseCertificateRecord>({
  name: 'erase_certificates',
  kind: 'erase certificate',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    node_uuid: value(),
    job_uuid: value(),
    custodian: value(null),
    serial_number: value(null),
    document: value(),
    signature: value(),
    key_id: value(),
    public_key: value(),
  },
  unique: { erase_certificates_uuid: ['uuid'], erase_certificates_job: ['job_uuid'] },
});

export function eraseCertificateRepository(db: Executor): EraseCertificateRepository {
  return {
    create: (record) => create(db, ERASE_CERTIFICATES, record),
    get: (wanted) => getBy(db, ERASE_CERTIFICATES, 'uuid', wanted),
    getByJob: (wanted) => getBy(db, ERASE_CERTIFICATES, 'job_uuid', wanted),
    list: (options) => list(db, ERASE_CERTIFICATES, options),
    async keys() {
      const text =
        'SELECT `key_id`, MIN(`public_key`) FROM `erase_certificates` GROUP BY `key_id` ORDER BY MIN(`id`)';
      return (await db.rows(text, [])).map(([key_id, public_key]) => ({
        key_id: String(key_id),
        public_key: String(public_key),
      }));
    },
  };
}
