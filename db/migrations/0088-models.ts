import {
  identified,
  type Migration,
  optionalLongTexts,
  optionalNumbers,
  stored,
  texts,
} from './migration.ts';

/** What makers sell, and until when they sell and support it. */
export const models: Migration = {
  name: '0088-models',
  async up({ createTable }) {
    await createTable('models', (table) => {
      stored(table);
      identified(table, 'models');
      texts(table, 'vendor', 'name');
      optionalNumbers(table, 'end_of_sale', 'end_of_support');
      table.string('replacement_uuid', 36).nullable();
      optionalLongTexts(table, 'note');
      table.unique(['vendor', 'name'], { indexName: 'models_vendor_name' });
      table.index(['end_of_support'], 'models_end_of_support_index');
    });
  },
};
