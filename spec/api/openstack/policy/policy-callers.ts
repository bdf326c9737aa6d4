import type { Caller } from '../../../../lifecycle/caller.ts';

/** Roles from the least up; each implies those before it. */
export const LADDER = ['reader', 'member', 'manager', 'admin'] as const;
export type Rung = (typeof LADDER)[number];

/** Where a caller stands towards the node: its projects, or the whole system. */
export type Place = 'system' | 'owner' | 'lessee' | 'stranger';
export const PLACES = ['system', 'owner', 'lessee', 'stranger'] as const;

const ANON = { request_id: 'req-1', user_id: 'u', service_roles: [], unrestricted: false };

/** Every caller of the tests by name: `owner_member`, `system_service`, `stranger_none` … */
export const CALLERS: ReadonlyMap<string, Caller> = new Map([
  ...PLACES.flatMap((place) => [
    ...LADDER.map((rung, index) => entry(`${place}_${rung}`, place, LADDER.slice(0, index + 1))),
    entry(`${place}_service`, place, ['service']),
    entry(`${place}_none`, place, []),
  ]),
  entry('service_project', 'stranger', ['service'], { project_name: 'service' }),
  entry('domain_admin', 'stranger', [...LADDER, 'service'], { project_id: null, domain_id: 'default' }),
]);

/** `place_rung` of that rung and all above it. */
export function atLeast(place: Place, rung: Rung): string[] {
  return LADDER.slice(LADDER.indexOf(rung)).map((role) => `${place}_${role}`);
}

function entry(
  name: string,
  place: Place,
  roles: readonly string[],
  more: Partial<Caller> = {},
): [string, Caller] {
  const project_id = place === 'system' ? null : `project-${place}`;
  return [name, { ...ANON, project_id, system_scope: place === 'system', roles, ...more }];
}
