import { expect } from 'chai';
import { FIELDS } from '../../../api/openstack/microversions.ts';
import { maskSecrets } from '../../../api/openstack/views/mask-secrets.ts';
import { NODE_VIEW } from '../../../api/openstack/views/node.ts';
import { PORTGROUP_VIEW } from '../../../api/openstack/views/portgroup.ts';
import { ViewCache } from '../../../api/openstack/views/view.ts';

describe('views', () => {
  it('show at each microversion exactly the fields that the ledger has by then', () => {
    const views = new ViewCache();
    for (let minor = 1; minor <= 115; minor++) {
      const due = Object.entries(FIELDS.node).filter(([, since]) => since <= minor);
      expect(views.get(NODE_VIEW, minor, 'all').names, `1.${minor}`).to.deep.equal(due.map(([name]) => name));
    }
  });

  it('read only the columns that they show', () => {
    const { columns } = new ViewCache().get(NODE_VIEW, 115, ['power_state']);
    expect([...columns].sort()).to.deep.equal(['lessee', 'owner', 'power_state', 'uuid']);
  });

  it('are worked out once', () => {
    const views = new ViewCache();
    expect(views.get(NODE_VIEW, 50, ['name', 'uuid'])).to.equal(views.get(NODE_VIEW, 50, ['name', 'uuid']));
    expect(views.get(NODE_VIEW, 50, 'all')).not.to.equal(views.get(NODE_VIEW, 51, 'all'));
  });

  it('do not take a field that is named like a selection for it', () => {
    const views = new ViewCache();
    views.get(NODE_VIEW, 115, 'all');
    for (const name of ['all', '=all', '*all']) {
      expect(() => views.get(NODE_VIEW, 115, [name])).to.throw('not valid');
    }
  });

  it('are kept in a bounded number', () => {
    const views = new ViewCache();
    const first = views.get(NODE_VIEW, 115, ['uuid']);
    const names = Object.keys(FIELDS.node);
    for (const [at, name] of names.entries())
      for (const other of names.slice(at)) views.get(NODE_VIEW, 115, [name, other]);
    expect(views.get(NODE_VIEW, 115, ['uuid'])).not.to.equal(first);
  });

  it('show newer fields in lists of portgroups, and there only', () => {
    const views = new ViewCache();
    expect(views.get(PORTGROUP_VIEW, 23, 'all', true).names).to.include('mode');
    expect(views.get(PORTGROUP_VIEW, 23, 'all').names).not.to.include('mode');
  });
});

describe('maskSecrets', () => {
  it('stars secret keys whatever they hold, in nested objects but not in lists', () => {
    const masked = maskSecrets({
      agent_secret_token_pregenerated: true,
      IPMI_PASSWORD: 'x',
      nested: { auth_token: { a: 1 }, keep: 1 },
      list: [{ password: 'shown' }],
    });
    expect(masked).to.deep.equal({
      agent_secret_token_pregenerated: '******',
      IPMI_PASSWORD: '******',
      nested: { auth_token: '******', keep: 1 },
      list: [{ password: 'shown' }],
    });
  });

  it('knows the names that are secret in one field only', () => {
    expect(maskSecrets({ image_url: 'u', snmp_auth_key: 'k' }, 'instance_info')).to.deep.equal({
      image_url: '******',
      snmp_auth_key: 'k',
    });
    expect(maskSecrets({ image_url: 'u', snmp_auth_key: 'k' }, 'driver_info')).to.deep.equal({
      image_url: 'u',
      snmp_auth_key: '******',
    });
  });

  it('stars secrets inside other text', () => {
    expect(maskSecrets({ log: 'login password=abc, "auth_token": "x-y" ok' })).to.deep.equal({
      log: 'login password=******, "auth_token": "******" ok',
    });
  });
});
