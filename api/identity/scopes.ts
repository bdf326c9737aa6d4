import type { Directory, Domain, Project, User } from './directory.ts';

/** What a token is for. */
export type Scope =
  | { kind: 'unscoped' }
  | { kind: 'project'; project: Project }
  | { kind: 'domain'; domain: Domain }
  | { kind: 'system' };

/** Keystone's implications: who has the role has the others too. */
const IMPLIED: Readonly<Record<string, readonly string[]>> = {
  admin: ['manager', 'member', 'reader'],
  manager: ['member', 'reader'],
  member: ['reader'],
};

/** The roles of a user in a scope, implied ones included, sorted. Empty: the user has no business there. */
export function rolesIn(user: User, scope: Scope): string[] {
  const roles = new Set<string>();
  for (const { role, on } of user.assignments) {
    const here =
      (scope.kind === 'project' && 'project' in on && on.project.id === scope.project.id) ||
      (scope.kind === 'domain' && 'domain' in on && on.domain.id === scope.domain.id) ||
      (scope.kind === 'system' && 'system' in on);
    if (!here) continue;
    for (const each of [role, ...(IMPLIED[role] ?? [])]) roles.add(each);
  }
  return [...roles].sort();
}

/** Every role that somebody has or that is implied, sorted. */
export function allRoles(directory: Directory): string[] {
  const roles = new Set([...Object.keys(IMPLIED), ...Object.values(IMPLIED).flat()]);
  for (const user of directory.users.values()) for (const { role } of user.assignments) roles.add(role);
  return [...roles].sort();
}

/** A domain, project or user by id, or by name within a domain (itself by id or name). Null when there is none. */
export function findByName<T extends { id: string; name: string; domain?: Domain }>(
  entries: ReadonlyMap<string, T>,
  wanted: { id?: unknown; name?: unknown },
  domain: Domain | null,
): T | null {
  if (typeof wanted.id === 'string') return entries.get(wanted.id) ?? null;
  for (const entry of entries.values()) {
    if (entry.name === wanted.name && entry.domain?.id === domain?.id) return entry;
  }
  return null;
}
