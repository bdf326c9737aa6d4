import type { EpochMs, Stored } from './records.ts';

/** What a maker sells. A server is of a model by its model_uuid, or else by its maker and product. */
export interface ModelRecord extends Stored {
  uuid: string;
  /** The maker, as the servers' inventory says it. */
  vendor: string;
  /** The product, likewise. */
  name: string;
  end_of_sale: EpochMs | null;
  /** From then on its maker repairs it no more, and mends its firmware no more. */
  end_of_support: EpochMs | null;
  /** The model that is bought in its place. */
  replacement_uuid: string | null;
  note: string | null;
}
