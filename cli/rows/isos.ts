import { type CommandRow, field, query } from '../command-row.ts';

const COLUMNS = ['uuid', 'name', 'state', 'size_bytes', 'received_bytes', 'expires_at', 'project', 'sha256'];

export const ISO_ROWS: readonly CommandRow[] = [
  {
    words: 'iso create',
    operation: 'lifecycle.isos.create',
    method: 'POST',
    path: '/v1/isos',
    help: 'announce an ISO image; iso upload does it too',
    options: [
      field('name', 'what it is called', { required: true }),
      field('size_bytes', 'its size in bytes', { kind: 'integer', required: true }),
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
    options: [
      query('offset', 'byte that the next part begins with; default: where it stopped', { kind: 'integer' }),
    ],
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
    undoes: 'deletes the image, also from drives that it is in',
  },
];
