import { type Condition, placeholders, where } from './statements.ts';
import type { NodeScope } from './store.ts';

/** The conditions on rows of `nodes` that keep a list within `scope`. */
export function scopeConditions(scope: NodeScope | undefined): Condition[] {
  if (scope === undefined) return [];
  const all: Condition[] = [];
  if (scope.project !== undefined)
    all.push({ text: '(`owner` = ? OR `lessee` = ?)', bindings: [scope.project, scope.project] });
  if (scope.shards !== undefined) all.push(among('shard', scope.shards));
  if (scope.conductor_groups !== undefined) all.push(among('conductor_group', scope.conductor_groups));
  return all;
}

/** The condition on rows that carry a node_uuid: their node is within `scope`. */
export function ownedWithin(scope: NodeScope | undefined): Condition[] {
  const { text, bindings } = where(scopeConditions(scope));
  return text === '' ? [] : [{ text: `\`node_uuid\` IN (SELECT \`uuid\` FROM \`nodes\`${text})`, bindings }];
}

const among = (column: string, values: readonly string[]): Condition =>
  values.length === 0
    ? { text: '1 = 0', bindings: [] }
    : { text: `\`${column}\` IN (${placeholders(values.length)})`, bindings: [...values] };
