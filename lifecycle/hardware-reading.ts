import type { EpochMs, Stored } from './records.ts';

/** When the BIOS and the firmware of a node were read last, and what its BMC said then that it takes on with a boot. */
export interface HardwareReadingRecord extends Stored {
  node_uuid: string;
  /** null: never. */
  bios_read_at: EpochMs | null;
  firmware_read_at: EpochMs | null;
  /** BIOS settings: name → value. */
  bios_pending: Record<string, string>;
}
