import { type Migration, optionalLongTexts, optionalNumbers, optionalTexts } from './migration.ts';

/** How a registration brings old firmware up to a baseline. */
export const firmwareUpdates: Migration = {
  name: '0086-firmware-updates',
  async up({ knex }) {
    if (await knex.schema.hasColumn('firmware_baselines', 'update_timeout_s')) return;
    await knex.schema.alterTable('firmware_baselines', (table) => {
      optionalLongTexts(table, 'update_url');
      optionalTexts(table, 'update_checksum', 'update_script');
      optionalNumbers(table, 'update_timeout_s');
    });
  },
};
