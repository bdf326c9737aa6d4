import type { ModelRecord } from '../lifecycle/models.ts';
import { uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { repository } from './repository.ts';
import type { ModelRepository } from './store.ts';
import { CREATED_AT, defineTable, ID, reader, UPDATED_AT } from './table.ts';

export const MODELS = defineTable<ModelRecord>({
  name: 'models',
  kind: 'model',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    vendor: value(),
    name: value(),
    end_of_sale: value(null),
    end_of_support: value(null),
    replacement_uuid: value(null),
    note: value(null),
  },
  unique: { models_uuid: ['uuid'], models_vendor_name: ['vendor', 'name'] },
});

export function modelRepository(db: Executor): ModelRepository {
  return {
    ...repository(db, MODELS),
    async ending(until, limit) {
      const text = `${MODELS.select} WHERE \`end_of_support\` <= ? ORDER BY \`end_of_support\`, \`id\` LIMIT ${Math.trunc(limit)}`;
      return (await db.rows(text, [until])).map(reader(MODELS, MODELS.fields, db.keys));
    },
  };
}
