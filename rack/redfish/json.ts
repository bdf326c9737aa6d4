import type { Json, JsonObject } from '../../lifecycle/json.ts';

/** What every resource begins with. */
export function named(path: string, type: string, id: string): JsonObject {
  return { '@odata.id': path, '@odata.type': `#${type}`, Id: id, Name: id };
}

export function link(path: string): JsonObject {
  return { '@odata.id': path };
}

export function collection(path: string, type: string, members: readonly string[]): JsonObject {
  return {
    '@odata.id': path,
    '@odata.type': `#${type}Collection.${type}Collection`,
    Name: `${type} Collection`,
    'Members@odata.count': members.length,
    Members: members.map(link),
  };
}

/** As BMCs do that leave out what they do not have. */
export function withoutNulls(object: Record<string, Json>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}
