import type { Migration } from './migration.ts';
import { identified, indexes, longTexts, optionalTexts, stored, texts } from './migration.ts';

/** Certificates of erased disks, which outlive their nodes. */
export const eraseCertificates: Migration = {
  name: '0023-erase-certificates',
  async up({ createTable }) {
    await createTable('erase_certificates', (table) => {
      stored(table);
      identified(table, 'erase_certificates');
      // No foreign keys: a certificate is kept after its node and its job are gone.
      table.string('node_uuid', 36).notNullable();
      table.string('job_uuid', 36).notNullable().unique({ indexName: 'erase_certificates_job' });
      optionalTexts(table, 'custodian', 'serial_number');
      longTexts(table, 'document', 'public_key');
      texts(table, 'signature', 'key_id');
      indexes(table, 'erase_certificates', 'node_uuid', 'custodian', 'serial_number');
    });
  },
};
