import {
  ALLOCATION_CREATOR,
  API_READER,
  ORDER_MEMBER,
  ORDER_READER,
  SYSTEM_ADMIN,
  SYSTEM_MEMBER,
  SYSTEM_MEMBER_OR_OWNER_MEMBER,
  SYSTEM_OR_OWNER_READER,
  SYSTEM_OR_PROJECT_MEMBER,
  SYSTEM_OR_PROJECT_READER,
  SYSTEM_READER,
} from '../openstack/policy/personas.ts';
import type { RuleRow } from '../openstack/policy/rules.ts';

const BOTH = ['system', 'project'] as const;

/** The access rules of the life-cycle API. An operator changes them in the same policy file as Ironic's. */
export const LIFECYCLE_RULES = {
  'lifecycle:server:list': { check: API_READER, scope: BOTH },
  'lifecycle:server:list_all': { check: SYSTEM_READER, scope: BOTH },
  'lifecycle:server:get': { check: SYSTEM_OR_PROJECT_READER, scope: BOTH },
  /** The provider's own fields: notes, the record of a disposal. */
  'lifecycle:server:get:provider': { check: SYSTEM_READER, scope: BOTH },
  /** Who did what to a server. */
  'lifecycle:audit:get': { check: SYSTEM_READER, scope: BOTH },
  /** Who did what in the name of the caller's project; and in whoever's. */
  'lifecycle:audit:list': { check: API_READER, scope: BOTH },
  'lifecycle:audit:list_all': { check: SYSTEM_READER, scope: BOTH },
  'lifecycle:server:update': { check: SYSTEM_MEMBER, scope: BOTH },
  'lifecycle:server:dispose': { check: SYSTEM_ADMIN, scope: BOTH },
  /** Quarantine and baselines. */
  'lifecycle:server:quarantine': { check: SYSTEM_MEMBER, scope: BOTH },
  'lifecycle:server:reservation:get': { check: SYSTEM_OR_OWNER_READER, scope: BOTH },
  'lifecycle:server:reservation:break': { check: SYSTEM_ADMIN, scope: BOTH },
  /** The tools of whoever has the server. */
  'lifecycle:server:use': { check: SYSTEM_OR_PROJECT_MEMBER, scope: BOTH },
  /** Consoles: to look through one, and to type. */
  'lifecycle:console:view': { check: SYSTEM_OR_PROJECT_READER, scope: BOTH },
  'lifecycle:console:type': { check: SYSTEM_OR_PROJECT_MEMBER, scope: BOTH },
  /** The tools of whoever runs the service; who passes counts as the provider. */
  'lifecycle:server:service': { check: SYSTEM_MEMBER, scope: BOTH },
  /** Of the servers that the caller's project had. */
  'lifecycle:certificate:get': { check: API_READER, scope: BOTH },
  'lifecycle:certificate:get_all': { check: SYSTEM_READER, scope: BOTH },
  'lifecycle:profile:list': { check: API_READER, scope: BOTH },
  'lifecycle:profile:list_all': { check: SYSTEM_READER, scope: BOTH },
  'lifecycle:profile:create': { check: ALLOCATION_CREATOR, scope: BOTH },
  'lifecycle:profile:update': { check: SYSTEM_MEMBER_OR_OWNER_MEMBER, scope: BOTH },
  'lifecycle:profile:share': { check: SYSTEM_MEMBER, scope: BOTH },
  'lifecycle:flavor:get': { check: API_READER, scope: BOTH },
  'lifecycle:flavor:manage': { check: SYSTEM_MEMBER, scope: BOTH },
  'lifecycle:ipam:get': { check: SYSTEM_READER, scope: BOTH },
  'lifecycle:ipam:manage': { check: SYSTEM_MEMBER, scope: BOTH },
  'lifecycle:registration:get': { check: SYSTEM_READER, scope: BOTH },
  'lifecycle:registration:manage': { check: SYSTEM_MEMBER, scope: BOTH },
  'lifecycle:enrolment_token:manage': { check: SYSTEM_ADMIN, scope: BOTH },
  /** ISO images that projects bring: to bring and to delete them. */
  'lifecycle:iso:manage': { check: ORDER_MEMBER, scope: BOTH },
  'lifecycle:iso:list': { check: API_READER, scope: BOTH },
  'lifecycle:iso:list_all': { check: SYSTEM_READER, scope: BOTH },
  'lifecycle:iso:get': { check: ORDER_READER, scope: BOTH },
  'lifecycle:order:create': { check: ORDER_MEMBER, scope: BOTH },
  'lifecycle:order:list': { check: API_READER, scope: BOTH },
  'lifecycle:order:list_all': { check: SYSTEM_READER, scope: BOTH },
  'lifecycle:order:get': { check: ORDER_READER, scope: BOTH },
  'lifecycle:order:cancel': { check: ORDER_MEMBER, scope: BOTH },
  /** What the caller's project may order now. */
  'lifecycle:stock:get': { check: API_READER, scope: BOTH },
  /** The steps that there are. */
  'lifecycle:step:list': { check: API_READER, scope: BOTH },
  /** Each server and the runbook are asked for besides. */
  'lifecycle:schedule:create': { check: ALLOCATION_CREATOR, scope: BOTH },
  'lifecycle:schedule:list': { check: API_READER, scope: BOTH },
  'lifecycle:schedule:list_all': { check: SYSTEM_READER, scope: BOTH },
  'lifecycle:schedule:get': { check: ORDER_READER, scope: BOTH },
  'lifecycle:schedule:cancel': { check: ORDER_MEMBER, scope: BOTH },
  'lifecycle:work_order:get': { check: SYSTEM_READER, scope: BOTH },
  'lifecycle:work_order:manage': { check: SYSTEM_MEMBER, scope: BOTH },
  'lifecycle:model:get': { check: API_READER, scope: BOTH },
  'lifecycle:model:manage': { check: SYSTEM_MEMBER, scope: BOTH },
  /** Of the caller's project: its servers, with their dates. */
  'lifecycle:report:get': { check: API_READER, scope: BOTH },
  /** What goes to the caller's project, and where. */
  'lifecycle:notice:get': { check: API_READER, scope: BOTH },
  'lifecycle:notice:get_all': { check: SYSTEM_READER, scope: BOTH },
  'lifecycle:notice:manage': { check: ALLOCATION_CREATOR, scope: BOTH },
  'lifecycle:notice:manage_all': { check: SYSTEM_MEMBER, scope: BOTH },
  'lifecycle:quota:get': { check: ORDER_READER, scope: BOTH },
  /** Of all projects. */
  'lifecycle:quota:list': { check: SYSTEM_READER, scope: BOTH },
  'lifecycle:quota:set': { check: SYSTEM_MEMBER, scope: BOTH },
} as const satisfies Record<string, RuleRow>;
