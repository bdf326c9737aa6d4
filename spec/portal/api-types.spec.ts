import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { API_TYPES_FILE, apiTypes, BAREMETAL_FIELDS_FILE, baremetalFields } from './api-types.ts';

describe("the portal's types", () => {
  it('of the life-cycle API are those of its document (npm run portal:api makes them anew)', async () => {
    expect(readFileSync(API_TYPES_FILE, 'utf8')).to.equal(await apiTypes());
  });

  it('of the bare metal API are those of its ledger', () => {
    expect(readFileSync(BAREMETAL_FIELDS_FILE, 'utf8')).to.equal(baremetalFields());
  });
});
