import { type CommandRow, NEWEST, query } from '../command-row.ts';

const SHORT = ['uuid', 'serial_number', 'created_at', 'node_uuid', 'custodian', 'key_id'];

/** Certificates of erased disks. */
export const CERTIFICATE_ROWS: readonly CommandRow[] = [
  {
    words: 'certificate list',
    operation: 'lifecycle.certificates.list',
    method: 'GET',
    path: '/v1/certificates',
    help: 'list certificates of erased disks, newest first',
    options: [
      query('server', 'of this server', { of: 'server' }),
      query('serial_number', 'of the server with this serial number'),
      ...NEWEST,
    ],
    output: { kind: 'list', key: 'certificates', columns: SHORT },
  },
  {
    words: 'certificate show',
    operation: 'lifecycle.certificates.show',
    method: 'GET',
    path: '/v1/certificates/{certificate}',
    help: 'show a certificate; -o json gives what verify-certificate takes',
    output: { kind: 'item', columns: [...SHORT, 'document', 'signature'] },
  },
  {
    words: 'certificate keys',
    operation: 'lifecycle.certificate_keys.list',
    method: 'GET',
    path: '/v1/certificate-keys',
    help: 'list the public keys that certificates are checked with',
    output: { kind: 'list', key: 'keys', columns: ['key_id', 'public_key'] },
  },
];
