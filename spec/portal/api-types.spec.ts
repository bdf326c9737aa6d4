import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { API_TYPES_FILE, apiTypes } from './api-types.ts';

describe("the portal's types of the life-cycle API", () => {
  it('are those of its document (npm run portal:api makes them anew)', async () => {
    expect(readFileSync(API_TYPES_FILE, 'utf8')).to.equal(await apiTypes());
  });
});
