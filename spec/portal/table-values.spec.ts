import { expect } from 'chai';
import { portalModule } from './portal-module.ts';

type Drafts = Readonly<Record<string, unknown>>;
interface Named {
  name: string;
  widget: object;
  required: boolean;
}

describe("what is typed in the portal's forms", () => {
  let fieldsOf: (schema: object) => Named[];
  let values: {
    draftsOf: (fields: Named[], value: object) => Drafts;
    changesOf: (fields: Named[], before: Drafts, after: Drafts) => object;
  };

  before(async () => {
    ({ fieldsOf } = await portalModule<{ fieldsOf: typeof fieldsOf }>('pages/tables/widgets.ts'));
    values = await portalModule<typeof values>('pages/tables/record-values.ts');
  });

  /** What is sent for one field of a schema when it was `before` and `typed` is in its place. */
  const sent = (schema: object, before: unknown, typed: unknown): unknown => {
    const fields = fieldsOf({ properties: { it: schema } });
    const drafts = values.draftsOf(fields, { it: before });
    return (values.changesOf(fields, drafts, { it: typed }) as { it?: unknown }).it;
  };

  const step = {
    type: 'array',
    items: {
      properties: {
        step: { type: 'string' },
        args: { type: 'object' },
        order: { anyOf: [{ type: 'integer' }, { type: 'string' }] },
      },
      required: ['step', 'order'],
    },
  };
  const rows = [
    ['a text', { type: 'string' }, null, 'x', 'x'],
    ['what was emptied', { type: 'string' }, 'x', '', null],
    ['what is as it was', { type: 'string' }, 'x', 'x', undefined],
    ['a number', { type: 'integer' }, 1, '30', 30],
    ['yes or no', { type: 'boolean' }, true, 'false', false],
    ['a number among texts', { oneOf: [{ type: 'string' }, { type: 'number' }] }, 'R6*', '65536', 65536],
    ['a text among numbers', { oneOf: [{ type: 'string' }, { type: 'number' }] }, 1, '0012', '0012'],
    ['a day', { type: 'string', format: 'iso-time', 'x-precision': 'day' }, null, '2031-03-31', '2031-03-31'],
    ['lines', { type: 'array', items: { type: 'string' } }, ['a'], 'a\n b \n\n', ['a', 'b']],
    ['no lines', { type: 'array', items: { type: 'string' } }, ['a'], '', []],
    ['JSON', { type: 'object' }, null, '{"a": 1}', { a: 1 }],
    [
      'rows in their order',
      step,
      null,
      [
        { step: 'b', args: '' },
        { step: 'a', args: '{"x":1}' },
      ],
      [
        { order: 1, step: 'b' },
        { order: 2, step: 'a', args: { x: 1 } },
      ],
    ],
    [
      'an object without what is empty',
      {
        anyOf: [
          { enum: [null] },
          { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } },
        ],
      },
      null,
      { a: 'x', b: '' },
      { a: 'x' },
    ],
  ] as const;
  for (const [what, schema, before, typed, expected] of rows)
    it(`sends ${what}`, () => expect(sent(schema, before, typed)).to.deep.equal(expected));

  it('shows the steps of a runbook in their order', () => {
    const fields = fieldsOf({ properties: { it: step } });
    const { it: shown } = values.draftsOf(fields, {
      it: [
        { step: 'b', order: 20 },
        { step: 'a', order: 3 },
      ],
    });
    expect((shown as { step: string }[]).map((one) => one.step)).to.deep.equal(['a', 'b']);
  });

  it('names the field whose JSON is none', () => {
    expect(() => sent({ type: 'object' }, null, '{'))
      .to.throw()
      .with.property('field', 'it');
  });

  it('shows a time by the clock of whoever looks, and sends what was meant', () => {
    const schema = { type: 'string', format: 'iso-time' };
    const fields = fieldsOf({ properties: { it: schema } });
    const { it: shown } = values.draftsOf(fields, { it: '2026-12-01T00:30:00.000Z' });
    expect(sent(schema, null, shown)).to.equal('2026-12-01T00:30:00.000Z');
  });
});

describe("the portal's files of cables", () => {
  interface Line {
    line: number;
    values: Record<string, string>;
    problem: { code: string } | null;
    does: string;
    uuid: string | null;
  }
  let readPlan: (text: string, cables: object[]) => Line[];
  let csvText: (columns: string[], rows: object[]) => string;

  before(async () => {
    ({ readPlan } = await portalModule<{ readPlan: typeof readPlan }>('pages/tables/cable-plan.ts'));
    ({ csvText } = await portalModule<{ csvText: typeof csvText }>('parts/csv.ts'));
  });

  const cable = { uuid: 'u', device: 'S1', port: 'eth0', switch_name: 'leaf1', switch_port: '1', note: null };
  const told = (text: string): string[] =>
    readPlan(text, [cable]).map(({ line, problem, does }) => `${line} ${problem?.code ?? does}`);

  const files: readonly (readonly [what: string, text: string, lines: readonly string[]])[] = [
    ['lines without a head', 'S1,eth0,leaf1,1\nS2,eth0,leaf1,2\n', ['1 nothing', '2 make']],
    ['a head in any order', 'Switch,Switch port,Device,Port\nleaf2,1,S1,eth0\n', ['2 change']],
    [
      'a head in Japanese, after a mark of bytes',
      '\uFEFF機器,ポート,スイッチ,スイッチポート\r\nS9,eth0,l,1\r\n',
      ['2 make'],
    ],
    ['other separators', 'S1;eth0;leaf1;1\n', ['1 nothing']],
    ['empty lines', 'S1,eth0,leaf1,1\n\n , \nS2,eth0,leaf1,2', ['1 nothing', '4 make']],
    ['a line that lacks something', 'S3,eth0,leaf1', ['1 missing']],
    ['a port twice', 'S3,eth0,leaf1,1\nS3,eth0,leaf1,2', ['1 make', '2 twice']],
    ['too many columns', 'S3,eth0,leaf1,1,note,more', ['1 columns']],
    ['a text that is too long', `S3,eth0,${'x'.repeat(256)},1`, ['1 long']],
    ['quotes over several lines', '"S\n3",eth0,leaf1,1\nS4,eth0,leaf1,1', ['2 make', '3 make']],
    ['a quote that is not closed', 'S3,eth0,leaf1,1\n"S4,eth0,leaf1,1\nS5,a,b,c', ['1 make', '3 quotes']],
    ['nothing', '', []],
  ];
  for (const [what, text, lines] of files)
    it(`may have ${what}`, () => expect(told(text)).to.deep.equal(lines));

  it('are written so that no spreadsheet reckons with them, and read as they were', () => {
    const device = '=HYPERLINK("http://evil.example")';
    const rows = ['+1', '-1', '@x', '\tx', device].map((one) => ({
      ...cable,
      device: one,
      note: 'a "b", c',
    }));
    const text = csvText(['device', 'port', 'switch_name', 'switch_port', 'note'], rows);
    expect(text)
      .to.contain(`"'=HYPERLINK(""http://evil.example"")"`)
      .and.to.not.match(/(^|,)"?[=+\-@\t]/m);
    const read = readPlan(text, []).map((one) => one.values.device);
    expect(read).to.deep.equal(['+1', '-1', '@x', '\tx', device]);
  });
});
