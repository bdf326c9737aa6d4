import { addIndex, type Migration } from './migration.ts';

/** A search looks through an index, and not through the rows, which are wide. MariaDB's longest index takes just these. */
export const searchIndex: Migration = {
  name: '0072-search-index',
  up: ({ knex }) =>
    addIndex(knex, 'servers', ['name', 'serial_number', 'bmc_address'], 'servers_search_index'),
};
