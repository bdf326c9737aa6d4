import { identified, longTexts, type Migration, stored, texts } from './migration.ts';

/** Where each conductor gives others the serial ports that it has open. */
export const consoleLinks: Migration = {
  name: '0124-console-links',
  async up({ createTable }) {
    await createTable('console_links', (table) => {
      stored(table);
      identified(table, 'console_links');
      table.string('conductor', 255).notNullable().unique({ indexName: 'console_links_conductor' });
      texts(table, 'address');
      table.integer('port').notNullable();
      longTexts(table, 'access');
    });
  },
};
