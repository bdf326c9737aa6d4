/**
 * Who may do something, in the words of oslo.policy: the check strings that the rules are made of
 * (ironic/common/policy.py; reference: policy, personas). 'owner' and 'lessee' are the projects of the node.
 */
const LESSEE_ADMIN = 'role:admin and project_id:%(node.lessee)s';
const LESSEE_MANAGER = 'role:manager and project_id:%(node.lessee)s';
const OWNER_MANAGER = 'role:manager and project_id:%(node.owner)s';
const OWNER_MEMBER = 'role:member and project_id:%(node.owner)s';
const OWNER_READER = 'role:reader and project_id:%(node.owner)s';
const OWNER_OR_LESSEE = 'project_id:%(node.owner)s or project_id:%(node.lessee)s';

export const SYSTEM_ADMIN = 'role:admin and system_scope:all';
export const SYSTEM_SERVICE = 'role:service and system_scope:all';
export const SYSTEM_MEMBER = '(role:member and system_scope:all) or rule:service_role';
export const SYSTEM_READER = `(role:reader and system_scope:all) or (${SYSTEM_SERVICE}) or rule:service_role`;
export const PROJECT_ADMIN = 'role:admin and project_id:%(node.owner)s';
export const PROJECT_SERVICE = 'role:service and project_id:%(node.owner)s';
export const SYSTEM_ADMIN_OR_SERVICE = any(SYSTEM_ADMIN, SYSTEM_SERVICE);
export const ANY_ADMIN_OR_SERVICE = any('role:admin', 'role:service');
export const API_READER = any('role:reader', 'role:service');
export const TARGET_PROPERTIES_READER = any(SYSTEM_READER, 'role:admin');

export const SYSTEM_OR_PROJECT_READER = any(
  SYSTEM_READER,
  `role:reader and (${OWNER_OR_LESSEE})`,
  PROJECT_SERVICE,
);
export const SYSTEM_OR_PROJECT_MEMBER = any(
  SYSTEM_MEMBER,
  `role:member and (${OWNER_OR_LESSEE})`,
  SYSTEM_SERVICE,
);
export const SYSTEM_OR_OWNER_READER = any(SYSTEM_READER, SYSTEM_SERVICE, OWNER_READER, PROJECT_SERVICE);
export const SYSTEM_OR_OWNER_MEMBER_AND_LESSEE_ADMIN = any(
  SYSTEM_MEMBER,
  SYSTEM_SERVICE,
  OWNER_MEMBER,
  LESSEE_ADMIN,
  LESSEE_MANAGER,
  PROJECT_SERVICE,
);
export const SYSTEM_MEMBER_OR_OWNER_MEMBER = any(
  SYSTEM_MEMBER,
  SYSTEM_SERVICE,
  OWNER_MEMBER,
  PROJECT_SERVICE,
);
export const SYSTEM_MEMBER_OR_OWNER_ADMIN = any(
  SYSTEM_MEMBER,
  SYSTEM_SERVICE,
  PROJECT_ADMIN,
  OWNER_MANAGER,
  PROJECT_SERVICE,
);
export const SYSTEM_ADMIN_OR_OWNER_ADMIN = any(
  SYSTEM_ADMIN,
  SYSTEM_SERVICE,
  PROJECT_ADMIN,
  OWNER_MANAGER,
  PROJECT_SERVICE,
);
export const SYSTEM_MEMBER_OR_OWNER_LESSEE_ADMIN = any(
  SYSTEM_MEMBER,
  SYSTEM_SERVICE,
  PROJECT_ADMIN,
  OWNER_MANAGER,
  LESSEE_ADMIN,
  LESSEE_MANAGER,
  PROJECT_SERVICE,
);

export const ALLOCATION_READER = any(SYSTEM_READER, 'role:reader and project_id:%(allocation.owner)s');
export const ALLOCATION_MEMBER = any(SYSTEM_MEMBER, 'role:member and project_id:%(allocation.owner)s');
export const ALLOCATION_CREATOR = any(SYSTEM_MEMBER, 'role:member');
export const ORDER_READER = any(SYSTEM_READER, 'role:reader and project_id:%(order.project)s');
export const ORDER_MEMBER = any(SYSTEM_MEMBER, 'role:member and project_id:%(order.project)s');
export const RUNBOOK_READER = any(
  SYSTEM_READER,
  'role:reader and project_id:%(runbook.owner)s',
  'role:service',
);
export const RUNBOOK_ADMIN = any(
  SYSTEM_MEMBER,
  'role:manager and project_id:%(runbook.owner)s',
  'role:service',
);
export const RUNBOOK_CREATOR = any(SYSTEM_MEMBER, 'role:manager', 'role:service');

export const ANYONE = '';
export const NOBODY = '!';
export const LEGACY_BAREMETAL_ADMIN =
  '(rule:is_member and role:baremetal_admin) or (is_admin_project:True and role:admin)';
/** Before scoped roles: full access, and read access. */
export const ADMIN = 'rule:is_admin';
export const OBSERVER = 'rule:is_admin or rule:is_observer';

function any(...checks: readonly string[]): string {
  return checks.map((check) => `(${check})`).join(' or ');
}
