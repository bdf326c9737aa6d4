import { type CommandRow, field, type OptionRow, query } from '../command-row.ts';
import { crudRows } from '../crud-rows.ts';

const FIELDS: readonly OptionRow[] = [
  field('vendor', 'the maker'),
  field('name', 'the product'),
  field('end_of_sale', 'when it is sold no more, ISO 8601: 2028-03-31'),
  field('end_of_support', 'when it is supported no more, ISO 8601'),
  field('replacement_uuid', 'the model that is bought in its place', { of: 'model' }),
  field('note', 'words about it, at most 2000 characters'),
];

const REPORT: readonly OptionRow[] = [
  query('days', 'so many days from now; default 90', { kind: 'integer' }),
  query('project', 'of this project'),
];

/** The catalogue of models, and what comes to its end. */
export const MODEL_ROWS: readonly CommandRow[] = [
  ...crudRows({
    ...{ words: 'model', operation: 'models', collection: 'models', param: 'model' },
    many: 'models of servers, with their ends of sale and of support',
    ...{ fields: FIELDS, required: ['vendor', 'name'], filters: ['vendor', 'name'] },
    sort_keys: ['vendor', 'name', 'end_of_sale', 'end_of_support'],
    columns: ['uuid', 'vendor', 'name', 'end_of_sale', 'end_of_support', 'replacement_uuid'],
  }),
  {
    words: 'report end-of-support',
    operation: 'lifecycle.reports.end-of-support',
    method: 'GET',
    path: '/v1/reports/end-of-support',
    help: 'list servers whose support or warranty ends soon, or has ended',
    options: REPORT,
    output: {
      kind: 'list',
      key: 'servers',
      columns: [
        'name',
        'what',
        'date',
        'days_left',
        'uuid',
        'serial_number',
        'product_name',
        'owner',
        'lessee',
      ],
    },
  },
  {
    words: 'report replacement-plan',
    operation: 'lifecycle.reports.replacement-plan',
    method: 'GET',
    path: '/v1/reports/replacement-plan',
    help: 'tell what is to be bought for servers whose support ends soon',
    options: REPORT,
    output: {
      kind: 'list',
      key: 'models',
      columns: ['vendor', 'name', 'end_of_support', 'servers', 'replacement.name', 'in_stock', 'to_buy'],
    },
  },
];
