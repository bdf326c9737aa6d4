import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { createPolicy } from '../../../../api/openstack/policy/create-policy.ts';
import { RULES } from '../../../../api/openstack/policy/rules.ts';
import { loadSettings } from '../../../../config/load-settings.ts';
import { projectRoot } from '../../../../config/project-root.ts';
import { atLeast, CALLERS, PLACES } from './policy-callers.ts';

interface Facts {
  rules: Record<string, { who: string; scope: 'both' | 'system' | 'project' | 'none' }>;
}

const TARGET = {
  'node.owner': 'project-owner',
  'node.lessee': 'project-lessee',
  'allocation.owner': 'project-owner',
  'runbook.owner': 'project-owner',
};
const ELEVATED = ['service_project'];
const SYSTEM_SERVICE = ['system_service'];
const PROJECT_SERVICE = ['owner_service'];
const ANY_SERVICE = [...PLACES.map((place) => `${place}_service`), 'service_project', 'domain_admin'];
const anywhere = (rung: 'reader' | 'member' | 'manager' | 'admin') => [
  ...PLACES.flatMap((place) => atLeast(place, rung)),
  'domain_admin',
];
const SYSTEM_READERS = [...atLeast('system', 'reader'), ...SYSTEM_SERVICE, ...ELEVATED];
const SYSTEM_MEMBERS = [...atLeast('system', 'member'), ...ELEVATED];

/** Who passes, by the reference's words, when the service role is elevated. */
const MAY: Record<string, string[]> = {
  SYSTEM_ADMIN: ['system_admin'],
  SYSTEM_MEMBER: SYSTEM_MEMBERS,
  SYSTEM_READER: SYSTEM_READERS,
  SYSTEM_ADMIN_OR_SERVICE: ['system_admin', ...SYSTEM_SERVICE],
  ANY_ADMIN_OR_SERVICE: [...anywhere('admin'), ...ANY_SERVICE],
  PROJECT_ADMIN: ['owner_admin'],
  SYSTEM_OR_PROJECT_READER: [
    ...SYSTEM_READERS,
    ...atLeast('owner', 'reader'),
    ...atLeast('lessee', 'reader'),
    ...PROJECT_SERVICE,
  ],
  SYSTEM_OR_PROJECT_MEMBER: [
    ...SYSTEM_MEMBERS,
    ...SYSTEM_SERVICE,
    ...atLeast('owner', 'member'),
    ...atLeast('lessee', 'member'),
  ],
  SYSTEM_OR_OWNER_READER: [...SYSTEM_READERS, ...atLeast('owner', 'reader'), ...PROJECT_SERVICE],
  SYSTEM_OR_OWNER_MEMBER_AND_LESSEE_ADMIN: [
    ...SYSTEM_MEMBERS,
    ...SYSTEM_SERVICE,
    ...atLeast('owner', 'member'),
    ...atLeast('lessee', 'manager'),
    ...PROJECT_SERVICE,
  ],
  SYSTEM_MEMBER_OR_OWNER_MEMBER: [
    ...SYSTEM_MEMBERS,
    ...SYSTEM_SERVICE,
    ...atLeast('owner', 'member'),
    ...PROJECT_SERVICE,
  ],
  SYSTEM_MEMBER_OR_OWNER_ADMIN: [
    ...SYSTEM_MEMBERS,
    ...SYSTEM_SERVICE,
    ...atLeast('owner', 'manager'),
    ...PROJECT_SERVICE,
  ],
  SYSTEM_ADMIN_OR_OWNER_ADMIN: [
    'system_admin',
    ...SYSTEM_SERVICE,
    ...atLeast('owner', 'manager'),
    ...PROJECT_SERVICE,
  ],
  SYSTEM_MEMBER_OR_OWNER_LESSEE_ADMIN: [
    ...SYSTEM_MEMBERS,
    ...SYSTEM_SERVICE,
    ...atLeast('owner', 'manager'),
    ...atLeast('lessee', 'manager'),
    ...PROJECT_SERVICE,
  ],
  ALLOCATION_READER: [...SYSTEM_READERS, ...atLeast('owner', 'reader')],
  ALLOCATION_MEMBER: [...SYSTEM_MEMBERS, ...atLeast('owner', 'member')],
  ALLOCATION_CREATOR: [...SYSTEM_MEMBERS, ...anywhere('member')],
  RUNBOOK_READER: [...SYSTEM_READERS, ...atLeast('owner', 'reader'), ...ANY_SERVICE],
  RUNBOOK_ADMIN: [...SYSTEM_MEMBERS, ...atLeast('owner', 'manager'), ...ANY_SERVICE],
  RUNBOOK_CREATOR: [...SYSTEM_MEMBERS, ...anywhere('manager'), ...ANY_SERVICE],
  TARGET_PROPERTIES_READER: [...SYSTEM_READERS, ...anywhere('admin')],
  API_READER: [...anywhere('reader'), ...ANY_SERVICE],
  LEGACY_BAREMETAL_ADMIN: anywhere('admin'),
  ANYONE: [...CALLERS.keys()],
};
/** The personas for which being in the service project is what lets `service_project` in. */
const ONLY_WHEN_ELEVATED = Object.keys(MAY).filter(
  (who) => !['ANY_ADMIN_OR_SERVICE', 'API_READER', 'ANYONE'].includes(who) && !who.startsWith('RUNBOOK'),
);

describe('the rules of the access policy', () => {
  const facts = parse(readFileSync(join(projectRoot, 'spec/fixtures/ironic-policy.yaml'), 'utf8')) as Facts;
  const env = { KUROGANE_DEFAULT__RBAC_SERVICE_ROLE_ELEVATED_ACCESS: 'true' };
  const elevated = createPolicy({ settings: loadSettings({ env }) });
  const policy = createPolicy({ settings: loadSettings({ env: {} }) });

  it('are those of the reference, no more and no fewer', () => {
    const ours = Object.keys(RULES).filter((name) => name.startsWith('baremetal:'));
    expect(ours).to.have.members(Object.keys(facts.rules)).and.to.have.length(122);
  });

  for (const [rule, { who, scope }] of Object.entries(facts.rules)) {
    it(`${rule} is for ${who}`, () => {
      const permitted = MAY[who] ?? [];
      const passed = { yes: 0, no: 0 };
      for (const [name, caller] of CALLERS) {
        const token = caller.system_scope ? 'system' : name === 'domain_admin' ? 'domain' : 'project';
        const in_scope = scope === 'none' || (scope === 'both' ? token !== 'domain' : token === scope);
        const expected = in_scope && permitted.includes(name);
        expect(elevated.allows(rule, TARGET, caller), `${name}, elevated`).to.equal(expected);
        const plain = expected && !(name === 'service_project' && ONLY_WHEN_ELEVATED.includes(who));
        expect(policy.allows(rule, TARGET, caller), name).to.equal(plain);
        passed[expected ? 'yes' : 'no'] += 1;
      }
      expect(passed.yes).to.be.greaterThan(0);
      if (who !== 'ANYONE') expect(passed.no).to.be.greaterThan(0);
    });
  }
});
