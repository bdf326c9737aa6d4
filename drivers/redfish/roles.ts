import type { AccountRole } from '../contract.ts';
import type { Call } from './call.ts';
import { linkIn, objectIn, type Resource, textIn, textsIn } from './resources.ts';
import type { System } from './system.ts';

/** Roles that every service has (DSP0266 13.5.3), and names of one without rights. */
const ROLE_IDS = {
  administrator: ['Administrator'],
  operator: ['Operator'],
  'read-only': ['ReadOnly'],
  none: ['NoAccess', 'None'],
} as const satisfies Record<AccountRole, readonly string[]>;
const ROLES = Object.keys(ROLE_IDS) as AccountRole[];

/** The role of an account; one of a vendor's own counts as what its privileges allow. */
export async function roleOf({ client }: System, call: Call, account: Resource): Promise<AccountRole> {
  const id = textIn(account.body, 'RoleId') ?? 'None';
  const known = ROLES.find((role) => ROLE_IDS[role].some((each) => each === id));
  if (known !== undefined) return known;
  const link = linkIn(objectIn(account.body, 'Links') ?? {}, 'Role');
  if (link === null) return 'none';
  const privileges = textsIn((await client.get(call, link)).body, 'AssignedPrivileges') ?? [];
  if (privileges.includes('ConfigureUsers') && privileges.includes('ConfigureManager'))
    return 'administrator';
  if (privileges.includes('ConfigureComponents')) return 'operator';
  return privileges.includes('Login') ? 'read-only' : 'none';
}

/** The RoleId to ask for; null: the BMC has no such role. */
export async function roleIdOf(
  system: System,
  call: Call,
  service: Resource,
  role: AccountRole,
): Promise<string | null> {
  if (role !== 'none') return ROLE_IDS[role][0];
  const roles = await system.members(call, linkIn(service.body, 'Roles'));
  const ids = roles.map(({ body }) => textIn(body, 'RoleId') ?? textIn(body, 'Id'));
  return ROLE_IDS.none.find((each) => ids.includes(each)) ?? null;
}
