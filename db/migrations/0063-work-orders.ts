import {
  identified,
  indexes,
  longTexts,
  type Migration,
  optionalNumbers,
  optionalTexts,
  stored,
  texts,
} from './migration.ts';

/** Work that people do at the racks. */
export const workOrders: Migration = {
  name: '0063-work-orders',
  async up({ createTable }) {
    await createTable('work_orders', (table) => {
      stored(table);
      identified(table, 'work_orders');
      texts(table, 'kind', 'state');
      // No foreign key: the work on a server that was disposed of stays known.
      table.string('server_uuid', 36).nullable();
      optionalTexts(table, 'place', 'assignee', 'done_by');
      longTexts(table, 'what');
      optionalNumbers(table, 'due_at', 'done_at');
      indexes(table, 'work_orders', 'server_uuid', 'state');
    });
  },
};
