import { expect } from 'chai';
import { changedFields } from '../../lifecycle/audit-changes.ts';
import type { JsonObject } from '../../lifecycle/json.ts';

const long = 'x'.repeat(300);

const ROWS: readonly [it: string, before: JsonObject | null, after: JsonObject | null, changes: object][] = [
  ['tells what was and is', { vlan_id: 1, name: 'a' }, { vlan_id: 2, name: 'a' }, { vlan_id: [1, 2] }],
  ['tells what is new, without what it lacks', null, { name: 'a', note: null }, { name: [null, 'a'] }],
  ['tells what is gone', { name: 'a', public: false }, null, { name: ['a', null], public: [false, null] }],
  ['compares lists and objects by what they hold', { m: { a: 1, b: [1] } }, { m: { b: [1], a: 1 } }, {}],
  ['leaves out what the table sets', { uuid: '1', updated_at: 'x' }, { uuid: '1', updated_at: 'y' }, {}],
  ['leaves out secrets', null, { external_token: '******', adminPassword: 'p' }, {}],
  ['leaves out what it is told to', { cmdline: 'a' }, { cmdline: 'b' }, {}],
  ['leaves out long values', { note: long }, { note: 'short' }, {}],
  ['hides passwords in URLs', null, { url: 'https://u:hunter2@h/' }, { url: [null, 'https://u:******@h/'] }],
];

describe('what a change is told with', () => {
  for (const [it_, before, after, changes] of ROWS)
    it(it_, () => expect(changedFields(before, after, ['cmdline'])).to.deep.equal(changes));
});
