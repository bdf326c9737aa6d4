import { type CommandRow, field, query } from '../command-row.ts';

const COLUMNS = ['uuid', 'name', 'project', 'size_bytes', 'received_bytes', 'state', 'sha256', 'expires_at'];

export const ISO_ROWS: readonly CommandRow[] = [
  {
    words: 'iso create',
    operation: 'lifecycle.isos.create',
    method: 'POST',
    path: '/v1/isos',
    help: 'announce an ISO image; iso upload does it too',
    options: [
      field('name', 'what it is called', { required: true }),
      field('size_bytes', 'its bytes', { kind: 'integer', required: true }),
      field('sha256', 'its SHA-256 in hex'),
    ],
    output: { kind: 'item', columns: COLUMNS },
  },
  {
    words: 'iso resume',
    operation: 'lifecycle.isos.upload',
    method: 'PUT',
    path: '/v1/isos/{iso}/content',
    help: 'go on with an upload',
    options: [query('offset', 'of the next part; default: where it stopped', { kind: 'integer' })],
    output: { kind: 'item', columns: COLUMNS },
    file: true,
  },
  {
    words: 'iso list',
    operation: 'lifecycle.isos.list',
    method: 'GET',
    path: '/v1/isos',
    help: 'list ISO images, newest first',
    output: { kind: 'list', key: 'isos', columns: COLUMNS },
  },
  {
    words: 'iso show',
    operation: 'lifecycle.isos.show',
    method: 'GET',
    path: '/v1/isos/{iso}',
    help: 'show an ISO image',
    output: { kind: 'item', columns: COLUMNS },
  },
  {
    words: 'iso delete',
    operation: 'lifecycle.isos.delete',
    method: 'DELETE',
    path: '/v1/isos/{iso}',
    help: 'delete an ISO image; no BMC reads it any more',
    output: { kind: 'done', text: 'It is deleted.' },
  },
];
