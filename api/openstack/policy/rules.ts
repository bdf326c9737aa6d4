import {
  ADMIN,
  ALLOCATION_CREATOR,
  ALLOCATION_MEMBER,
  ALLOCATION_READER,
  ANY_ADMIN_OR_SERVICE,
  ANYONE,
  API_READER,
  LEGACY_BAREMETAL_ADMIN,
  NOBODY,
  OBSERVER,
  PROJECT_ADMIN,
  RUNBOOK_ADMIN,
  RUNBOOK_CREATOR,
  RUNBOOK_READER,
  SYSTEM_ADMIN,
  SYSTEM_ADMIN_OR_OWNER_ADMIN,
  SYSTEM_ADMIN_OR_SERVICE,
  SYSTEM_MEMBER,
  SYSTEM_MEMBER_OR_OWNER_ADMIN,
  SYSTEM_MEMBER_OR_OWNER_LESSEE_ADMIN,
  SYSTEM_MEMBER_OR_OWNER_MEMBER,
  SYSTEM_OR_OWNER_MEMBER_AND_LESSEE_ADMIN,
  SYSTEM_OR_OWNER_READER,
  SYSTEM_OR_PROJECT_MEMBER,
  SYSTEM_OR_PROJECT_READER,
  SYSTEM_READER,
  TARGET_PROPERTIES_READER,
} from './personas.ts';

/** Token scopes that a rule takes. Empty: any. */
export type TokenScope = 'system' | 'project' | 'domain';

export interface RuleRow {
  /** oslo.policy check string. */
  check: string;
  scope: readonly TokenScope[];
  /** The rule before scoped roles: its name where it was another one, and its check. */
  was?: { name?: string; check: string };
}

const BOTH = ['system', 'project'] as const;
const SYSTEM = ['system'] as const;
const PROJECT = ['project'] as const;
const NONE = [] as const;

/** The access rules of API 1.115: 122 that the API asks for, after the helper rules that they are made of. */
export const RULES = {
  admin_api: { check: 'role:admin or role:administrator', scope: NONE },
  public_api: { check: 'is_public_api:True', scope: NONE },
  show_password: { check: NOBODY, scope: NONE },
  show_instance_secrets: { check: NOBODY, scope: NONE },
  service_role: { check: 'role:service and project_name:%(config.service_project_name)s', scope: NONE },
  is_member: {
    check:
      '(project_domain_id:default or project_domain_id:None) and (project_name:demo or project_name:baremetal)',
    scope: NONE,
  },
  is_observer: { check: 'rule:is_member and (role:observer or role:baremetal_observer)', scope: NONE },
  is_admin: { check: 'rule:admin_api or (rule:is_member and role:baremetal_admin)', scope: NONE },
  is_node_owner: { check: 'project_id:%(node.owner)s', scope: NONE },
  is_node_lessee: { check: 'project_id:%(node.lessee)s', scope: NONE },
  is_allocation_owner: { check: 'project_id:%(allocation.owner)s', scope: NONE },

  'baremetal:node:create': { check: SYSTEM_ADMIN_OR_SERVICE, scope: BOTH, was: { check: ADMIN } },
  'baremetal:node:create:self_owned_node': { check: ANY_ADMIN_OR_SERVICE, scope: BOTH },
  'baremetal:node:list': { check: API_READER, scope: BOTH, was: { check: 'rule:baremetal:node:get' } },
  'baremetal:node:list_all': { check: SYSTEM_READER, scope: BOTH, was: { check: 'rule:baremetal:node:get' } },
  'baremetal:node:get': { check: SYSTEM_OR_PROJECT_READER, scope: BOTH, was: { check: OBSERVER } },
  'baremetal:node:get:filter_threshold': {
    check: SYSTEM_READER,
    scope: BOTH,
    was: { name: 'baremetal:node:get', check: OBSERVER },
  },
  'baremetal:node:get:last_error': {
    check: SYSTEM_OR_OWNER_READER,
    scope: BOTH,
    was: { name: 'baremetal:node:get', check: OBSERVER },
  },
  'baremetal:node:get:reservation': {
    check: SYSTEM_OR_OWNER_READER,
    scope: BOTH,
    was: { name: 'baremetal:node:get', check: OBSERVER },
  },
  'baremetal:node:get:driver_internal_info': {
    check: SYSTEM_OR_OWNER_READER,
    scope: BOTH,
    was: { name: 'baremetal:node:get', check: OBSERVER },
  },
  'baremetal:node:get:driver_info': {
    check: SYSTEM_OR_OWNER_READER,
    scope: BOTH,
    was: { name: 'baremetal:node:get', check: OBSERVER },
  },
  'baremetal:node:update:driver_info': {
    check: SYSTEM_MEMBER_OR_OWNER_MEMBER,
    scope: BOTH,
    was: { name: 'baremetal:node:update', check: ADMIN },
  },
  'baremetal:node:update:properties': {
    check: SYSTEM_MEMBER_OR_OWNER_MEMBER,
    scope: BOTH,
    was: { name: 'baremetal:node:update', check: ADMIN },
  },
  'baremetal:node:update:chassis_uuid': {
    check: SYSTEM_ADMIN,
    scope: BOTH,
    was: { name: 'baremetal:node:update', check: ADMIN },
  },
  'baremetal:node:update:instance_uuid': {
    check: SYSTEM_MEMBER_OR_OWNER_MEMBER,
    scope: BOTH,
    was: { name: 'baremetal:node:update', check: ADMIN },
  },
  'baremetal:node:update:lessee': {
    check: SYSTEM_MEMBER_OR_OWNER_MEMBER,
    scope: BOTH,
    was: { name: 'baremetal:node:update', check: ADMIN },
  },
  'baremetal:node:update:owner': {
    check: SYSTEM_MEMBER,
    scope: BOTH,
    was: { name: 'baremetal:node:update', check: ADMIN },
  },
  'baremetal:node:update:driver_interfaces': {
    check: SYSTEM_MEMBER_OR_OWNER_ADMIN,
    scope: BOTH,
    was: { name: 'baremetal:node:update', check: ADMIN },
  },
  'baremetal:node:update:network_data': {
    check: SYSTEM_MEMBER_OR_OWNER_MEMBER,
    scope: BOTH,
    was: { name: 'baremetal:node:update', check: ADMIN },
  },
  'baremetal:node:update:conductor_group': {
    check: SYSTEM_MEMBER,
    scope: BOTH,
    was: { name: 'baremetal:node:update', check: ADMIN },
  },
  'baremetal:node:update:name': {
    check: SYSTEM_MEMBER_OR_OWNER_MEMBER,
    scope: BOTH,
    was: { name: 'baremetal:node:update', check: ADMIN },
  },
  'baremetal:node:update:retired': {
    check: SYSTEM_MEMBER_OR_OWNER_MEMBER,
    scope: BOTH,
    was: { name: 'baremetal:node:update', check: ADMIN },
  },
  'baremetal:node:update': { check: SYSTEM_OR_PROJECT_MEMBER, scope: BOTH, was: { check: ADMIN } },
  'baremetal:node:update_extra': {
    check: SYSTEM_OR_PROJECT_MEMBER,
    scope: BOTH,
    was: { check: 'rule:baremetal:node:update' },
  },
  'baremetal:node:update_instance_info': {
    check: SYSTEM_OR_OWNER_MEMBER_AND_LESSEE_ADMIN,
    scope: BOTH,
    was: { check: 'rule:baremetal:node:update' },
  },
  'baremetal:node:update_owner_provisioned': { check: SYSTEM_ADMIN, scope: SYSTEM, was: { check: ADMIN } },
  'baremetal:node:delete': { check: SYSTEM_ADMIN, scope: BOTH, was: { check: ADMIN } },
  'baremetal:node:delete:self_owned_node': { check: PROJECT_ADMIN, scope: BOTH },
  'baremetal:node:validate': {
    check: SYSTEM_OR_OWNER_MEMBER_AND_LESSEE_ADMIN,
    scope: BOTH,
    was: { check: ADMIN },
  },
  'baremetal:node:set_maintenance': {
    check: SYSTEM_OR_OWNER_MEMBER_AND_LESSEE_ADMIN,
    scope: BOTH,
    was: { check: ADMIN },
  },
  'baremetal:node:clear_maintenance': {
    check: SYSTEM_OR_OWNER_MEMBER_AND_LESSEE_ADMIN,
    scope: BOTH,
    was: { check: ADMIN },
  },
  'baremetal:node:get_boot_device': {
    check: SYSTEM_MEMBER_OR_OWNER_ADMIN,
    scope: BOTH,
    was: { check: OBSERVER },
  },
  'baremetal:node:set_boot_device': {
    check: SYSTEM_MEMBER_OR_OWNER_ADMIN,
    scope: BOTH,
    was: { name: 'baremetal:node:set_maintenance', check: ADMIN },
  },
  'baremetal:node:get_indicator_state': {
    check: SYSTEM_OR_PROJECT_READER,
    scope: BOTH,
    was: { check: OBSERVER },
  },
  'baremetal:node:set_indicator_state': {
    check: SYSTEM_MEMBER_OR_OWNER_MEMBER,
    scope: BOTH,
    was: { check: ADMIN },
  },
  'baremetal:node:inject_nmi': { check: SYSTEM_MEMBER_OR_OWNER_ADMIN, scope: BOTH, was: { check: ADMIN } },
  'baremetal:node:get_states': { check: SYSTEM_OR_PROJECT_READER, scope: BOTH, was: { check: OBSERVER } },
  'baremetal:node:set_power_state': { check: SYSTEM_OR_PROJECT_MEMBER, scope: BOTH, was: { check: ADMIN } },
  'baremetal:node:set_boot_mode': {
    check: SYSTEM_OR_PROJECT_MEMBER,
    scope: BOTH,
    was: { name: 'baremetal:node:set_power_state', check: ADMIN },
  },
  'baremetal:node:set_secure_boot': {
    check: SYSTEM_OR_PROJECT_MEMBER,
    scope: BOTH,
    was: { name: 'baremetal:node:set_power_state', check: ADMIN },
  },
  'baremetal:node:set_provision_state': {
    check: SYSTEM_OR_OWNER_MEMBER_AND_LESSEE_ADMIN,
    scope: BOTH,
    was: { check: ADMIN },
  },
  'baremetal:node:set_provision_state:clean_steps': {
    check: SYSTEM_OR_OWNER_MEMBER_AND_LESSEE_ADMIN,
    scope: BOTH,
  },
  'baremetal:node:set_provision_state:service_steps': {
    check: SYSTEM_OR_OWNER_MEMBER_AND_LESSEE_ADMIN,
    scope: BOTH,
  },
  'baremetal:node:set_raid_state': {
    check: SYSTEM_MEMBER_OR_OWNER_MEMBER,
    scope: BOTH,
    was: { check: ADMIN },
  },
  'baremetal:node:get_console': { check: SYSTEM_MEMBER_OR_OWNER_MEMBER, scope: BOTH, was: { check: ADMIN } },
  'baremetal:node:set_console_state': {
    check: SYSTEM_MEMBER_OR_OWNER_MEMBER,
    scope: BOTH,
    was: { check: ADMIN },
  },
  'baremetal:node:vif:list': { check: SYSTEM_OR_PROJECT_READER, scope: BOTH, was: { check: ADMIN } },
  'baremetal:node:vif:attach': {
    check: SYSTEM_OR_OWNER_MEMBER_AND_LESSEE_ADMIN,
    scope: BOTH,
    was: { check: ADMIN },
  },
  'baremetal:node:vif:detach': {
    check: SYSTEM_OR_OWNER_MEMBER_AND_LESSEE_ADMIN,
    scope: BOTH,
    was: { check: ADMIN },
  },
  'baremetal:node:traits:list': { check: SYSTEM_OR_PROJECT_READER, scope: BOTH, was: { check: OBSERVER } },
  'baremetal:node:traits:set': { check: SYSTEM_MEMBER_OR_OWNER_ADMIN, scope: BOTH, was: { check: ADMIN } },
  'baremetal:node:traits:delete': { check: SYSTEM_MEMBER_OR_OWNER_ADMIN, scope: BOTH, was: { check: ADMIN } },
  'baremetal:node:bios:get': { check: SYSTEM_OR_PROJECT_READER, scope: BOTH, was: { check: OBSERVER } },
  'baremetal:node:disable_cleaning': {
    check: SYSTEM_ADMIN,
    scope: BOTH,
    was: { check: 'rule:baremetal:node:update' },
  },
  'baremetal:node:history:get': {
    check: SYSTEM_OR_OWNER_READER,
    scope: BOTH,
    was: { name: 'baremetal:node:get', check: OBSERVER },
  },
  'baremetal:node:inventory:get': {
    check: SYSTEM_OR_OWNER_READER,
    scope: BOTH,
    was: { name: 'baremetal:node:get', check: OBSERVER },
  },
  'baremetal:node:update:shard': { check: SYSTEM_ADMIN, scope: BOTH },
  'baremetal:shards:get': { check: SYSTEM_READER, scope: BOTH },
  'baremetal:node:update:parent_node': { check: SYSTEM_MEMBER, scope: BOTH },
  'baremetal:node:update:disable_power_off': { check: SYSTEM_ADMIN, scope: BOTH },
  'baremetal:node:firmware:get': { check: SYSTEM_OR_PROJECT_READER, scope: BOTH },
  'baremetal:node:vmedia:attach': { check: SYSTEM_OR_PROJECT_MEMBER, scope: BOTH },
  'baremetal:node:vmedia:detach': { check: SYSTEM_OR_PROJECT_MEMBER, scope: BOTH },
  'baremetal:node:vmedia:get': { check: SYSTEM_OR_PROJECT_READER, scope: BOTH },
  'baremetal:port:get': { check: SYSTEM_OR_PROJECT_READER, scope: BOTH, was: { check: OBSERVER } },
  'baremetal:port:list': { check: API_READER, scope: BOTH, was: { check: 'rule:baremetal:port:get' } },
  'baremetal:port:list_all': { check: SYSTEM_READER, scope: BOTH, was: { check: 'rule:baremetal:port:get' } },
  'baremetal:port:create': { check: SYSTEM_ADMIN_OR_OWNER_ADMIN, scope: BOTH, was: { check: ADMIN } },
  'baremetal:port:delete': { check: SYSTEM_ADMIN_OR_OWNER_ADMIN, scope: BOTH, was: { check: ADMIN } },
  'baremetal:port:update': { check: SYSTEM_MEMBER_OR_OWNER_ADMIN, scope: BOTH, was: { check: ADMIN } },
  'baremetal:portgroup:get': { check: SYSTEM_OR_PROJECT_READER, scope: BOTH, was: { check: OBSERVER } },
  'baremetal:portgroup:create': { check: SYSTEM_ADMIN_OR_OWNER_ADMIN, scope: BOTH, was: { check: ADMIN } },
  'baremetal:portgroup:delete': { check: SYSTEM_ADMIN_OR_OWNER_ADMIN, scope: BOTH, was: { check: ADMIN } },
  'baremetal:portgroup:update': { check: SYSTEM_MEMBER_OR_OWNER_ADMIN, scope: BOTH, was: { check: ADMIN } },
  'baremetal:portgroup:list': {
    check: API_READER,
    scope: BOTH,
    was: { name: 'baremetal:portgroup:get', check: OBSERVER },
  },
  'baremetal:portgroup:list_all': {
    check: SYSTEM_READER,
    scope: BOTH,
    was: { name: 'baremetal:portgroup:get', check: OBSERVER },
  },
  'baremetal:chassis:get': { check: SYSTEM_READER, scope: SYSTEM, was: { check: OBSERVER } },
  'baremetal:chassis:create': { check: SYSTEM_ADMIN, scope: SYSTEM, was: { check: ADMIN } },
  'baremetal:chassis:delete': { check: SYSTEM_ADMIN, scope: SYSTEM, was: { check: ADMIN } },
  'baremetal:chassis:update': { check: SYSTEM_MEMBER, scope: SYSTEM, was: { check: ADMIN } },
  'baremetal:driver:get': { check: SYSTEM_READER, scope: SYSTEM, was: { check: OBSERVER } },
  'baremetal:driver:get_properties': { check: SYSTEM_READER, scope: SYSTEM, was: { check: OBSERVER } },
  'baremetal:driver:get_raid_logical_disk_properties': {
    check: SYSTEM_READER,
    scope: SYSTEM,
    was: { check: OBSERVER },
  },
  'baremetal:node:vendor_passthru': { check: SYSTEM_ADMIN, scope: BOTH, was: { check: ADMIN } },
  'baremetal:driver:vendor_passthru': { check: SYSTEM_ADMIN, scope: SYSTEM, was: { check: ADMIN } },
  'baremetal:node:ipa_heartbeat': { check: ANYONE, scope: NONE, was: { check: 'rule:public_api' } },
  'baremetal:driver:ipa_lookup': { check: ANYONE, scope: NONE, was: { check: 'rule:public_api' } },
  'baremetal:driver:ipa_continue_inspection': { check: ANYONE, scope: NONE },
  'baremetal:volume:list_all': {
    check: SYSTEM_READER,
    scope: BOTH,
    was: { name: 'baremetal:volume:get', check: OBSERVER },
  },
  'baremetal:volume:list': {
    check: API_READER,
    scope: BOTH,
    was: { name: 'baremetal:volume:get', check: OBSERVER },
  },
  'baremetal:volume:get': { check: SYSTEM_OR_PROJECT_READER, scope: BOTH, was: { check: OBSERVER } },
  'baremetal:volume:create': {
    check: SYSTEM_MEMBER_OR_OWNER_LESSEE_ADMIN,
    scope: BOTH,
    was: { check: ADMIN },
  },
  'baremetal:volume:delete': {
    check: SYSTEM_MEMBER_OR_OWNER_LESSEE_ADMIN,
    scope: BOTH,
    was: { check: ADMIN },
  },
  'baremetal:volume:update': {
    check: SYSTEM_OR_OWNER_MEMBER_AND_LESSEE_ADMIN,
    scope: BOTH,
    was: { check: ADMIN },
  },
  'baremetal:volume:view_target_properties': {
    check: TARGET_PROPERTIES_READER,
    scope: BOTH,
    was: { name: 'baremetal:volume:update', check: ADMIN },
  },
  'baremetal:conductor:get': { check: SYSTEM_READER, scope: BOTH, was: { check: OBSERVER } },
  'baremetal:allocation:get': { check: ALLOCATION_READER, scope: BOTH, was: { check: OBSERVER } },
  'baremetal:allocation:list': {
    check: API_READER,
    scope: BOTH,
    was: { check: 'rule:baremetal:allocation:get' },
  },
  'baremetal:allocation:list_all': {
    check: SYSTEM_READER,
    scope: BOTH,
    was: { check: 'rule:baremetal:allocation:get and is_admin_project:True' },
  },
  'baremetal:allocation:create': {
    check: ALLOCATION_CREATOR,
    scope: BOTH,
    was: { check: 'rule:is_admin and is_admin_project:True' },
  },
  'baremetal:allocation:create_restricted': {
    check: SYSTEM_MEMBER,
    scope: BOTH,
    was: { check: 'rule:baremetal:allocation:create' },
  },
  'baremetal:allocation:delete': { check: ALLOCATION_MEMBER, scope: BOTH, was: { check: ADMIN } },
  'baremetal:allocation:update': { check: ALLOCATION_MEMBER, scope: BOTH, was: { check: ADMIN } },
  'baremetal:allocation:create_pre_rbac': { check: LEGACY_BAREMETAL_ADMIN, scope: PROJECT },
  'baremetal:events:post': { check: SYSTEM_ADMIN, scope: SYSTEM, was: { check: ADMIN } },
  'baremetal:deploy_template:get': { check: SYSTEM_READER, scope: BOTH, was: { check: OBSERVER } },
  'baremetal:deploy_template:create': { check: SYSTEM_ADMIN, scope: BOTH, was: { check: ADMIN } },
  'baremetal:deploy_template:delete': { check: SYSTEM_ADMIN, scope: BOTH, was: { check: ADMIN } },
  'baremetal:deploy_template:update': { check: SYSTEM_ADMIN, scope: BOTH, was: { check: ADMIN } },
  'baremetal:runbook:get': { check: RUNBOOK_READER, scope: BOTH },
  'baremetal:runbook:list': { check: API_READER, scope: BOTH },
  'baremetal:runbook:list_all': { check: SYSTEM_READER, scope: BOTH },
  'baremetal:runbook:create': { check: RUNBOOK_CREATOR, scope: BOTH },
  'baremetal:runbook:delete': { check: RUNBOOK_ADMIN, scope: BOTH },
  'baremetal:runbook:update': { check: RUNBOOK_ADMIN, scope: BOTH },
  'baremetal:runbook:update:public': { check: SYSTEM_MEMBER, scope: BOTH },
  'baremetal:runbook:update:owner': { check: SYSTEM_MEMBER, scope: BOTH },
  'baremetal:runbook:use': { check: RUNBOOK_ADMIN, scope: BOTH },
  'baremetal:inspection_rule:get': { check: SYSTEM_READER, scope: BOTH },
  'baremetal:inspection_rule:list_all': { check: SYSTEM_READER, scope: BOTH },
  'baremetal:inspection_rule:create': { check: SYSTEM_ADMIN, scope: BOTH },
  'baremetal:inspection_rule:update': { check: SYSTEM_ADMIN, scope: BOTH },
  'baremetal:inspection_rule:delete': { check: SYSTEM_ADMIN, scope: BOTH },
} as const satisfies Record<string, RuleRow>;

export type RuleName = keyof typeof RULES;
