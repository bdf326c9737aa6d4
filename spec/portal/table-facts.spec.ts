import { expect } from 'chai';
import { loadOpenApi } from '../../api/http/operations.ts';
import { loadOpenstackApi } from '../../api/openstack/load-openstack-api.ts';
import { FIELDS, type ResourceName } from '../../api/openstack/microversions.ts';
import { portalModule } from './portal-module.ts';

interface Widget {
  kind: string;
  fields?: Named[];
}
interface Named {
  name: string;
  widget: Widget;
  required: boolean;
}
interface Schema {
  properties?: Record<string, object>;
  enum?: unknown[];
}
interface Document {
  components: { schemas: Record<string, Schema> };
  paths: Record<string, Record<string, Operation>>;
}
interface Operation {
  parameters?: { name?: string; schema?: Schema; $ref?: string }[];
  requestBody?: { content: Record<string, { schema: { $ref?: string } }> };
}
interface TableFacts {
  name: string;
  api: 'lifecycle' | 'baremetal';
  answer: string;
  path: string;
  columns: string[];
  sorted: string[];
  filters: string[];
  searched: boolean;
  create?: string;
  change?: string;
  omit?: string[];
  remove?: boolean;
}

/** What an operator writes by hand and no field of a form can tell: free objects, arguments of steps and rules. */
const JSON_FIELDS = ['extra', 'properties', 'args', 'loop'];
/** Whose pages stand elsewhere, or who are made by the service. */
const ELSEWHERE = [
  ...['/v1/orders', '/v1/isos', '/v1/schedules', '/v1/servers/{server}/bmc-leases'],
  ...['/v1/servers/{server}/consoles', '/v1/servers/{server}/baseline', '/v1/quotas/{project}'],
];
const NO_TABLE = ['/v1/nodes', '/v1/lookup', '/v1/heartbeat/{node}', '/v1/continue_inspection', '/v1/events'];

describe("the portal's tables", () => {
  /** Of administration, and of the page of a server. */
  let tables: TableFacts[];
  let widgets: { fieldsOf: (schema: Schema, omit?: string[]) => Named[] };
  let schemaOf: (document: Document, name: string) => Schema;
  let documents: Record<TableFacts['api'], Document>;
  let texts: { fields: { en: Record<string, string>; ja: Record<string, string> } };

  before(async () => {
    const [facts, node_parts, made, document, text, lifecycle, baremetal] = await Promise.all([
      portalModule<{ TABLES: TableFacts[] }>('pages/tables/table-facts.ts'),
      portalModule<{ NODE_PARTS: TableFacts[] }>('pages/tables/node-part-facts.ts'),
      portalModule<typeof widgets>('pages/tables/widgets.ts'),
      portalModule<{ schemaOf: typeof schemaOf }>('api/document.ts'),
      portalModule<typeof texts>('text/fields.ts'),
      loadOpenApi('lifecycle'),
      loadOpenstackApi(),
    ]);
    const part = { sorted: [], filters: [], searched: false, remove: true };
    tables = [...facts.TABLES, ...node_parts.NODE_PARTS.map((one) => ({ ...part, ...one }))];
    widgets = made;
    schemaOf = document.schemaOf;
    texts = text;
    documents = { lifecycle: JSON.parse(lifecycle.document), baremetal: JSON.parse(baremetal.document) };
  });

  const under = (table: TableFacts): string => table.path.replace(/^\/lifecycle/, '');
  const each = (work: (table: TableFacts, document: Document) => void): void => {
    for (const table of tables) work(table, documents[table.api]);
  };

  it('have columns that the answers have', () => {
    each(({ name, api, answer, columns, sorted, filters }, document) => {
      const fields =
        api === 'baremetal'
          ? Object.keys(FIELDS[answer as ResourceName])
          : Object.keys(schemaOf(document, answer).properties ?? {});
      expect(fields, name).to.include.members(columns);
      expect(columns, `${name}: sorted`).to.include.members(sorted);
      for (const one of filters)
        expect(schemaOf(document, answer).properties?.[one], `${name}.${one}`).to.have.property('enum');
    });
  });

  it('have an input for every field that may be made or changed, and no JSON but where nothing else can be', () => {
    each(({ name, create, change, omit = [] }, document) => {
      for (const schema of [create, change].filter((one) => one !== undefined)) {
        const properties = Object.keys(document.components.schemas[schema]?.properties ?? {});
        const fields = widgets.fieldsOf(schemaOf(document, schema), omit);
        expect([...fields.map((one) => one.name), ...omit], `${name}: ${schema}`).to.include.members(
          properties,
        );
        const json = (named: Named[]): string[] =>
          named.flatMap(({ name: field, widget }) => [
            ...(widget.kind === 'json' ? [field] : []),
            ...json(widget.fields ?? []),
          ]);
        expect(
          json(fields).filter((field) => !JSON_FIELDS.includes(field)),
          `${name}: ${schema}`,
        ).to.be.empty;
      }
    });
  });

  it('are made, changed, deleted, searched and sorted as the documents say', () => {
    each((table, document) => {
      const path = under(table);
      const list = document.paths[path] ?? {};
      const one =
        Object.entries(document.paths).find(
          ([key]) => /^\/\{\w+\}$/.test(key.slice(path.length)) && key.startsWith(path),
        )?.[1] ?? {};
      const body = (operation: Operation | undefined): string | undefined =>
        operation?.requestBody?.content['application/json']?.schema.$ref?.split('/').at(-1);
      expect(list.post !== undefined, `${table.name}: create`).to.equal(table.create !== undefined);
      expect(one.patch !== undefined, `${table.name}: change`).to.equal(table.change !== undefined);
      expect(one.delete !== undefined, `${table.name}: delete`).to.equal(table.remove === true);
      expect(body(list.post), table.name).to.equal(table.create);
      if (table.api === 'baremetal') return;
      expect(body(one.patch), table.name).to.equal(table.change);
      const parameters = list.get?.parameters ?? [];
      const keys = parameters.find(({ name }) => name === 'sort_key')?.schema?.enum ?? [];
      expect(keys, `${table.name}: sort_key`).to.include.members(table.sorted);
      const names = parameters.map(({ name }) => name);
      expect(names.includes('search'), table.name).to.equal(table.searched);
      expect(names, table.name).to.include.members(table.filters);
    });
  });

  it('are there for everything that an operator may make', () => {
    const known = new Set(tables.map((table) => `${table.api} ${under(table)}`));
    const without = (api: TableFacts['api'], others: string[]): string[] =>
      Object.entries(documents[api].paths)
        .filter(
          ([path, { get, post }]) => get !== undefined && post !== undefined && !known.has(`${api} ${path}`),
        )
        .map(([path]) => path)
        .filter((path) => !others.includes(path) && !path.includes('vendor_passthru'));
    expect(without('lifecycle', ELSEWHERE)).to.be.empty;
    expect(without('baremetal', [...NO_TABLE, '/v1/nodes/{node}/vifs', '/v1/nodes/{node}/vmedia'])).to.be
      .empty;
  });

  it('have a word for every field, in both languages', () => {
    const named = (fields: Named[]): string[] =>
      fields.flatMap(({ name, widget }) => [name, ...named(widget.fields ?? [])]);
    each(({ name, columns, create, change, omit }, document) => {
      const typed = [create, change]
        .filter((one) => one !== undefined)
        .flatMap((one) => named(widgets.fieldsOf(schemaOf(document, one), omit)));
      for (const field of new Set([...columns, ...typed])) {
        expect(texts.fields.en, name).to.have.property(`field.${field}`);
        expect(texts.fields.ja, name).to.have.property(`field.${field}`);
      }
    });
  });
});
