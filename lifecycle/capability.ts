import type { JsonObject } from './json.ts';
import type { NodeRecord } from './records.ts';

/** A capability of the instance, or of the node: `k:v` lists in properties, objects or JSON text in instance_info. */
export function capability(
  node: Pick<NodeRecord, 'instance_info' | 'properties'>,
  name: string,
): string | null {
  return (
    capabilities(node.instance_info.capabilities)[name] ??
    capabilities(node.properties.capabilities)[name] ??
    null
  );
}

function capabilities(value: unknown): Record<string, string> {
  if (typeof value === 'object' && value !== null) return strings(value as JsonObject);
  if (typeof value !== 'string') return {};
  if (value.trimStart().startsWith('{'))
    try {
      return strings(JSON.parse(value) as JsonObject);
    } catch {
      return {};
    }
  return Object.fromEntries(
    value
      .split(',')
      .map((pair) => pair.split(':', 2).map((part) => part.trim()))
      .filter((pair): pair is [string, string] => pair.length === 2 && pair[0] !== ''),
  );
}

function strings(value: JsonObject): Record<string, string> {
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, String(one)]));
}
