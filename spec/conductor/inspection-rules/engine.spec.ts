import { expect } from 'chai';
import type { Outside } from '../../../conductor/inspection-rules/actions.ts';
import type { Draft } from '../../../conductor/inspection-rules/draft.ts';
import { applyRules, type MaskSecrets, type Rule } from '../../../conductor/inspection-rules/engine.ts';
import { ACTIONS, OPERATORS } from '../../../lifecycle/inspection-rules.ts';
import type { Json, JsonObject } from '../../../lifecycle/json.ts';

const PORT = '1be26c0b-03f2-4d2e-ae87-c02d7f33c123';

function draftOf(): Draft {
  return {
    node: {
      name: 'n1',
      driver: 'ipmi',
      extra: { racks: ['r1'] },
      properties: { capabilities: 'boot_mode:uefi' },
      driver_info: {},
      description: 'old',
    },
    traits: new Set(['CUSTOM_OLD']),
    ports: new Map([[PORT, { extra: {}, pxe_enabled: true, name: null }]]),
    inventory: {
      bmc_address: '192.0.2.7',
      bmc_password: 'hidden',
      cpu: { count: 4, architecture: 'x86_64' },
      disks: [{ name: 'sda', size: 10 }],
      odd: '{node.name}',
    },
    plugin_data: { list: [1], nested: { only: true }, flag: true },
  };
}

function rule(fields: Partial<Rule>): Rule {
  return { uuid: 'r', priority: 0, sensitive: false, conditions: [], actions: [], ...fields };
}

async function apply(
  rules: readonly Rule[],
  draft = draftOf(),
  mask_secrets: MaskSecrets = 'always',
): Promise<{ draft: Draft; logged: [string, string][]; called: JsonObject[]; failure: string | null }> {
  const logged: [string, string][] = [];
  const called: JsonObject[] = [];
  const outside: Outside = {
    log: (level, message) => logged.push([level, message]),
    callApi: async (args) => {
      called.push(args);
    },
  };
  const failure = await applyRules(rules, draft, { mask_secrets, outside }).then(
    () => null,
    (error: Error) => error.message,
  );
  return { draft, logged, called, failure };
}

/** Whether a condition holds. Fails with what the engine says. */
async function holds(condition: JsonObject): Promise<boolean | string> {
  const { logged, failure } = await apply([
    rule({ conditions: [condition], actions: [{ op: 'log', args: { msg: 'yes' } }] }),
  ]);
  return failure ?? logged.length > 0;
}

const CONDITIONS: readonly [op: string, args: Json, verdict: boolean | RegExp][] = [
  ['eq', { values: [1, 1.0, true] }, true],
  ['eq', { values: ['{inventory[cpu][count]}', '4'] }, true],
  ['eq', { values: ['{inventory[cpu][count]}', 4] }, false],
  ['eq', [['a', 'b']], false],
  ['eq', { values: ['one'] }, true],
  ['eq', { values: [{ a: [1] }, { a: [1] }] }, true],
  ['eq', { values: 'ab' }, /no list/],
  ['!eq', { values: [1, 2] }, true],
  ['lt', { values: [1, 2, 3] }, true],
  ['lt', { values: [1, 3, 2] }, false],
  ['lt', { values: ['a', 1] }, /different kinds/],
  ['gt', { values: ['b', 'a'] }, true],
  ['gt', { values: [1, 1] }, false],
  ['is-empty', { value: '{inventory[gpus]}' }, true],
  ['is-empty', { value: '' }, true],
  ['is-empty', { value: [] }, true],
  ['is-empty', { value: '{inventory[cpu]}' }, false],
  ['!is-empty', { value: '{inventory[bmc_address]}' }, true],
  ['in-net', { address: '{inventory[bmc_address]}', subnet: '192.0.2.0/24' }, true],
  ['in-net', { address: '198.51.100.1', subnet: '192.0.2.0/24' }, false],
  ['in-net', { address: '2001:db8::1', subnet: '2001:db8::/32' }, true],
  ['in-net', { address: '192.0.2.7', subnet: '2001:db8::/32' }, false],
  ['in-net', { address: '192.0.2.7', subnet: '192.0.2.7' }, true],
  ['in-net', { address: '192.0.2.7', subnet: '192.0.2.0/99' }, /subnet/],
  ['in-net', { address: 'nowhere', subnet: '192.0.2.0/24' }, /address/],
  ['matches', { value: '{inventory[cpu][architecture]}', regex: 'x86_\\d+' }, true],
  ['matches', { value: 'x86_64!', regex: 'x86_\\d+' }, false],
  ['matches', { value: 'ab', regex: 'b' }, false],
  ['matches', { value: 'Dell', regex: '(?i)(?P<maker>dell)' }, true],
  ['contains', { value: 'the end', regex: 'e.d' }, true],
  ['contains', { value: 'the end', regex: '\\Aend' }, false],
  ['contains', { value: 'x', regex: '(' }, /not valid/],
  ['contains', { value: `${'a'.repeat(40)}!`, regex: '(a+)+$' }, /too long/],
  ['one-of', { value: '{node.name}', values: ['n1', 'n2'] }, true],
  ['one-of', { value: 'n3', values: ['n1'] }, false],
  ['one-of', { value: 'n3' }, false],
  ['is-none', { value: null }, true],
  ['is-none', { value: '{inventory[gpus]}' }, false],
  ['is-true', { value: 'Yes' }, true],
  ['is-true', { value: '{plugin_data[flag]}' }, true],
  ['is-true', { value: 0 }, false],
  ['is-true', { value: null }, false],
  ['is-false', { value: 'no' }, true],
  ['is-false', { value: null }, true],
  ['is-false', { value: 'maybe' }, false],
];

describe('conditions of inspection rules', () => {
  for (const [op, args, verdict] of CONDITIONS)
    it(`${op} ${JSON.stringify(args).slice(0, 90)} → ${verdict}`, async () => {
      const found = await holds({ op, args });
      if (verdict instanceof RegExp) expect(found).to.match(verdict);
      else expect(found).to.equal(verdict);
    });

  it('have a row per operator', () => {
    const tested = new Set(CONDITIONS.map(([op]) => op.replace('!', '')));
    expect(Object.keys(OPERATORS).filter((op) => !tested.has(op))).to.deep.equal([]);
  });

  for (const [multiple, loop, verdict] of [
    ['any', [1, 2], true],
    ['any', [2, 3], false],
    ['all', [1, 1], true],
    ['all', [1, 2], false],
    ['first', [2, 1], true],
    ['last', [1, 2], false],
    ['last', [2, 1], true],
  ] as const)
    it(`loop over ${loop}: ${multiple} → ${verdict}`, async () => {
      const args = { values: ['{item}', 1] };
      expect(await holds({ op: 'eq', args, loop: [...loop], multiple })).to.equal(verdict);
    });

  it('must all hold', async () => {
    const actions = [{ op: 'log', args: { msg: 'yes' } }];
    const yes = { op: 'is-true', args: { value: true } };
    const no = { op: '!is-true', args: { value: true } };
    expect((await apply([rule({ conditions: [yes, no], actions })])).logged).to.deep.equal([]);
    expect((await apply([rule({ conditions: [yes, yes], actions })])).logged).to.have.lengthOf(1);
  });
});

const DONE: readonly [op: string, args: Json, changed: (draft: Draft) => unknown, value: unknown][] = [
  [
    'set-attribute',
    { path: 'extra/a/b', value: '{inventory[cpu][count]}' },
    ({ node }) => node.extra,
    { racks: ['r1'], a: { b: '4' } },
  ],
  ['set-attribute', ['driver', 'redfish'], ({ node }) => node.driver, 'redfish'],
  ['set-attribute', { path: 'extra.x', value: [1] }, ({ node }) => node.extra, { racks: ['r1'], x: [1] }],
  [
    'extend-attribute',
    { path: '/extra/racks', value: 'r2' },
    ({ node }) => node.extra,
    { racks: ['r1', 'r2'] },
  ],
  [
    'extend-attribute',
    { path: '/extra/racks', value: 'r1', unique: true },
    ({ node }) => node.extra,
    { racks: ['r1'] },
  ],
  [
    'extend-attribute',
    { path: '/extra/new', value: 1 },
    ({ node }) => node.extra,
    { racks: ['r1'], new: [1] },
  ],
  ['del-attribute', { path: '/extra/racks' }, ({ node }) => node.extra, {}],
  ['del-attribute', { path: 'description' }, ({ node }) => node.description, null],
  [
    'set-capability',
    { name: 'cpu', value: '{inventory[cpu][architecture]}' },
    ({ node }) => node.properties,
    { capabilities: 'boot_mode:uefi,cpu:x86_64' },
  ],
  ['unset-capability', { name: 'boot_mode' }, ({ node }) => node.properties, { capabilities: '' }],
  ['add-trait', { name: 'CUSTOM_NEW' }, ({ traits }) => [...traits], ['CUSTOM_OLD', 'CUSTOM_NEW']],
  ['remove-trait', { name: 'CUSTOM_OLD' }, ({ traits }) => [...traits], []],
  ['remove-trait', { name: 'CUSTOM_NONE' }, ({ traits }) => [...traits], ['CUSTOM_OLD']],
  ['set-plugin-data', { path: 'a.b', value: '{node.name}' }, ({ plugin_data }) => plugin_data.a, { b: 'n1' }],
  ['extend-plugin-data', { path: 'list', value: 2 }, ({ plugin_data }) => plugin_data.list, [1, 2]],
  [
    'extend-plugin-data',
    { path: 'list', value: 1, unique: true },
    ({ plugin_data }) => plugin_data.list,
    [1],
  ],
  ['unset-plugin-data', { path: 'nested.only' }, ({ plugin_data }) => plugin_data.nested, {}],
  ['unset-plugin-data', { path: 'no.such' }, ({ plugin_data }) => plugin_data.list, [1]],
  [
    'set-port-attribute',
    { port_id: PORT, path: 'pxe_enabled', value: 'False' },
    ({ ports }) => ports.get(PORT)?.pxe_enabled,
    false,
  ],
  [
    'extend-port-attribute',
    { port_id: PORT, path: 'extra/vlans', value: 7 },
    ({ ports }) => ports.get(PORT)?.extra,
    { vlans: [7] },
  ],
  ['del-port-attribute', { port_id: PORT, path: 'name' }, ({ ports }) => ports.get(PORT)?.name, null],
];

const REFUSED: readonly [op: string, args: Json, why: RegExp][] = [
  ['fail', { msg: 'too {node.name}' }, /^too \{node\.name\} \(inspection rule r\)$/],
  ['log', { msg: 'm', level: 'loud' }, /log level loud/],
  ['set-attribute', { path: 'provision_state', value: 'active' }, /provision_state cannot be changed/],
  ['set-attribute', { path: 'extra/__proto__/x', value: 1 }, /not valid/],
  ['set-attribute', { path: 'extra', value: 'text' }, /needs an object/],
  ['set-attribute', { path: 'name/first', value: 'text' }, /has no parts/],
  ['extend-attribute', { path: '/properties/capabilities', value: 1 }, /no list/],
  ['del-attribute', { path: '/extra/nothing' }, /does not exist/],
  ['del-attribute', { path: 'driver' }, /cannot be empty/],
  ['add-trait', { name: 'lower' }, /no trait/],
  ['set-port-attribute', { port_id: 'p', path: 'name', value: 'x' }, /no port p/],
  ['extend-plugin-data', { path: 'flag', value: 1 }, /no list/],
];

describe('actions of inspection rules', () => {
  for (const [op, args, changed, value] of DONE)
    it(`${op} ${JSON.stringify(args)}`, async () => {
      const { draft, failure } = await apply([rule({ actions: [{ op, args }] })]);
      expect(failure).to.equal(null);
      expect(changed(draft)).to.deep.equal(value);
    });

  for (const [op, args, why] of REFUSED)
    it(`${op} ${JSON.stringify(args)} → ${why}`, async () => {
      expect((await apply([rule({ actions: [{ op, args }] })])).failure).to.match(why);
    });

  it('log at their level, and call APIs', async () => {
    const { logged, called } = await apply([
      rule({
        actions: [
          { op: 'log', args: { msg: '{node.name}', level: 'warning' } },
          { op: 'log', args: ['plain'] },
          { op: 'api-call', args: { url: 'http://127.0.0.1/{node.name}', timeout: 2 } },
        ],
      }),
    ]);
    expect(logged).to.deep.equal([
      ['warn', 'n1'],
      ['info', 'plain'],
    ]);
    expect(called).to.deep.equal([{ url: 'http://127.0.0.1/n1', timeout: 2 }]);
  });

  it('have a row per action', () => {
    const tested = new Set([...DONE, ...REFUSED].map(([op]) => op).concat('api-call'));
    expect(Object.keys(ACTIONS).filter((op) => !tested.has(op))).to.deep.equal([]);
  });

  it('loop over items, which may hold fields themselves', async () => {
    const args = { path: '{item[path]}', value: '{item[value]}' };
    const loop = [
      { path: 'extra/bmc', value: '{inventory[bmc_address]}' },
      { path: 'extra/odd', value: '{inventory[odd]}' },
    ];
    const { draft } = await apply([rule({ actions: [{ op: 'set-attribute', args, loop }] })]);
    // What the inventory brings is not read for fields again.
    expect(draft.node.extra).to.deep.equal({ racks: ['r1'], bmc: '192.0.2.7', odd: '{node.name}' });
  });

  it('keep texts whose fields cannot be resolved, and double braces', async () => {
    const texts = ['{inventory[none]}', '{nothing}', '{node[name]}x{', 'a{{b}}', '{inventory.cpu}'];
    const actions = texts.map((msg) => ({ op: 'log', args: { msg } }));
    const { logged } = await apply([rule({ actions })]);
    const said = logged.map(([, message]) => message);
    expect(said).to.deep.equal([
      '{inventory[none]}',
      '{nothing}',
      '{node[name]}x{',
      'a{b}',
      '{inventory.cpu}',
    ]);
  });

  it('spell values as Python does', async () => {
    const actions = [
      { op: 'log', args: { msg: '{inventory[disks]} {plugin_data[flag]} {inventory[disks][0][name]}' } },
    ];
    const { logged } = await apply([rule({ actions })]);
    expect(logged[0]?.[1]).to.equal("[{'name': 'sda', 'size': 10}] True sda");
  });
});

describe('inspection rules', () => {
  const say = (msg: string) => [{ op: 'log', args: { msg } }];

  it('run by priority, then in the order they were made', async () => {
    const { logged } = await apply([
      rule({ priority: 1, actions: say('c') }),
      rule({ priority: 9, actions: say('a') }),
      rule({ priority: 9, actions: say('b') }),
    ]);
    expect(logged.map(([, message]) => message)).to.deep.equal(['a', 'b', 'c']);
  });

  it('keep what was done before one failed, and do no more', async () => {
    const set = (value: string) => ({ op: 'set-attribute', args: { path: 'description', value } });
    const { draft, failure } = await apply([
      rule({ actions: [set('before'), { op: 'fail', args: { msg: 'no' } }, set('after')] }),
      rule({ actions: [set('later')] }),
    ]);
    expect([draft.node.description, failure]).to.deep.equal(['before', 'no (inspection rule r)']);
  });

  for (const [mask, sensitive, shown] of [
    ['always', true, '***'],
    ['sensitive', false, '***'],
    ['sensitive', true, 'hidden'],
    ['never', false, 'hidden'],
  ] as const)
    it(`see ${shown} for a password with mask_secrets ${mask}, sensitive ${sensitive}`, async () => {
      const rules = [rule({ sensitive, actions: say('{inventory[bmc_password]}') })];
      expect((await apply(rules, draftOf(), mask)).logged[0]?.[1]).to.equal(shown);
    });

  it('mask a password inside what they print whole', async () => {
    const { logged } = await apply([rule({ actions: say('{inventory}') })]);
    expect(logged[0]?.[1]).not.to.contain('hidden');
  });
});
