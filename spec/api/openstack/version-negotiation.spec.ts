import { expect } from 'chai';
import { negotiateVersion } from '../../../api/openstack/version-negotiation.ts';

describe('negotiateVersion', () => {
  for (const [name, headers, expected] of [
    ['none', {}, { minor: 1, versioned: false }],
    ['an empty header', { 'x-openstack-ironic-api-version': '' }, { minor: 1, versioned: false }],
    ['a version', { 'x-openstack-ironic-api-version': '1.72' }, { minor: 72, versioned: true }],
    ['latest in any case', { 'x-openstack-ironic-api-version': 'Latest' }, { minor: 115, versioned: true }],
    ['the standard header', { 'openstack-api-version': 'baremetal latest' }, { minor: 115, versioned: true }],
    [
      'both',
      { 'openstack-api-version': 'baremetal 1.9', 'x-openstack-ironic-api-version': '1.72' },
      { minor: 9, versioned: true },
    ],
  ] as const) {
    it(`reads ${name}`, () => expect(negotiateVersion(headers)).to.deep.equal(expected));
  }

  for (const version of ['1.0', '1.116', '2.1', '0.5', '1', '1.x', '1.1.1', '-1.1', '1.99999999999']) {
    it(`refuses ${version}`, () => {
      expect(() => negotiateVersion({ 'x-openstack-ironic-api-version': version }))
        .to.throw()
        .with.property('status', 406);
    });
  }
});
