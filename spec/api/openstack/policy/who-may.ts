import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../../../config/project-root.ts';
import { atLeast, CALLERS, PLACES } from './policy-callers.ts';

/** What the reference says of a rule. */
export interface RuleFacts {
  who: string;
  scope: 'both' | 'system' | 'project' | 'none';
}

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

/** Building block of the reference's rules → callers who pass, when the service role is elevated. */
export const MAY: Readonly<Record<string, readonly string[]>> = {
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

/** Rule → what the reference says of it; for the life-cycle API, what was decided. */
export function readRuleFacts(api: 'ironic' | 'lifecycle' = 'ironic'): Readonly<Record<string, RuleFacts>> {
  const text = readFileSync(join(projectRoot, `spec/fixtures/${api}-policy.yaml`), 'utf8');
  return (parse(text) as { rules: Record<string, RuleFacts> }).rules;
}

/** Whether the reference lets a caller of CALLERS pass, when the service role is elevated. */
export function mayPass({ who, scope }: RuleFacts, caller_name: string): boolean {
  const system = CALLERS.get(caller_name)?.system_scope === true;
  const token = system ? 'system' : caller_name === 'domain_admin' ? 'domain' : 'project';
  const in_scope = scope === 'none' || (scope === 'both' ? token !== 'domain' : token === scope);
  return in_scope && (MAY[who] ?? []).includes(caller_name);
}
