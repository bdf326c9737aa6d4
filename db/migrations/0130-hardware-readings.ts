import { longTexts, type Migration, ofNode, optionalNumbers, stored } from './migration.ts';

/** When a node's BIOS and firmware were read last, and the settings that then waited for a boot. */
export const hardwareReadings: Migration = {
  name: '0130-hardware-readings',
  async up({ createTable }) {
    await createTable('hardware_readings', (table) => {
      stored(table);
      ofNode(table, 'hardware_readings');
      optionalNumbers(table, 'bios_read_at', 'firmware_read_at');
      longTexts(table, 'bios_pending');
      table.unique(['node_uuid'], { indexName: 'hardware_readings_node_uuid' });
    });
  },
};
