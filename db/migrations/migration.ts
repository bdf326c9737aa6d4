import type { Knex } from 'knex';

/** One step of the schema. Written once, never changed after a release. */
export interface Migration {
  readonly name: string;
  /** Makes the change. It may find a part of it done: MariaDB commits each DDL statement by itself. */
  up(schema: SchemaEditor): Promise<void>;
}

export interface SchemaEditor {
  readonly knex: Knex;
  /** Makes the table unless it exists. */
  createTable(name: string, columns: (table: Knex.CreateTableBuilder) => void): Promise<void>;
}

export function schemaEditor(knex: Knex, collation: string | null): SchemaEditor {
  return {
    knex,
    async createTable(name, columns) {
      if (await knex.schema.hasTable(name)) return;
      await knex.schema.createTable(name, (table) => {
        if (collation !== null) {
          table.engine('InnoDB');
          table.charset('utf8mb4');
          table.collate(collation);
        }
        columns(table);
      });
    },
  };
}

type Table = Knex.CreateTableBuilder;

/** Makes an index, unless a run that was interrupted has made it. */
export async function addIndex(
  knex: Knex,
  table: string,
  columns: readonly string[],
  name: string,
): Promise<void> {
  try {
    await knex.schema.alterTable(table, (change) => change.index(columns, name));
  } catch (error) {
    if (!/duplicate key name|already exists/i.test((error as Error).message)) throw error;
  }
}

/** Drops an index, unless a run that was interrupted has dropped it. */
export async function dropIndex(knex: Knex, table: string, name: string): Promise<void> {
  try {
    await knex.schema.alterTable(table, (change) => change.dropIndex([], name));
  } catch (error) {
    if (!/can't drop|no such index/i.test((error as Error).message)) throw error;
  }
}

/** id, created_at and updated_at, as every record has them. */
export function stored(table: Table): void {
  table.bigIncrements('id');
  table.bigInteger('created_at').notNullable();
  table.bigInteger('updated_at').nullable();
}

/** uuid, with its unique index. */
export function identified(table: Table, name: string): void {
  table
    .string('uuid', 36)
    .notNullable()
    .unique({ indexName: `${name}_uuid` });
}

/** Required short texts. */
export function texts(table: Table, ...columns: string[]): void {
  for (const column of columns) table.string(column, 255).notNullable();
}

export function optionalTexts(table: Table, ...columns: string[]): void {
  for (const column of columns) table.string(column, 255).nullable();
}

/** Texts without a length worth naming: JSON and messages. */
export function longTexts(table: Table, ...columns: string[]): void {
  for (const column of columns) table.text(column, 'longtext').notNullable();
}

export function optionalLongTexts(table: Table, ...columns: string[]): void {
  for (const column of columns) table.text(column, 'longtext').nullable();
}

export function flags(table: Table, ...columns: string[]): void {
  for (const column of columns) table.boolean(column).notNullable();
}

export function optionalFlags(table: Table, ...columns: string[]): void {
  for (const column of columns) table.boolean(column).nullable();
}

/** Whole numbers and epoch milliseconds that may be absent. */
export function optionalNumbers(table: Table, ...columns: string[]): void {
  for (const column of columns) table.bigInteger(column).nullable();
}

/** A node's uuid; the row goes with the node. */
export function ofNode(table: Table, name: string): void {
  table
    .string('node_uuid', 36)
    .notNullable()
    .references('uuid')
    .inTable('nodes')
    .onDelete('CASCADE')
    .withKeyName(`${name}_node_fk`);
}

/** One index per column, named `<table>_<column>`. */
export function indexes(table: Table, name: string, ...columns: string[]): void {
  for (const column of columns) table.index([column], `${name}_${column}_index`);
}
