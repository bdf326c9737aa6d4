import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { RedfishRefusal } from './redfish-error.ts';

/** What comes of a request that changes something. */
export interface Outcome {
  /** Default 204, or 200 with a body. */
  status?: number;
  body?: JsonObject;
  headers?: Record<string, string>;
  /** What is changed: now, or when the task ends that the request becomes. */
  work?: () => void;
  /** True: it becomes a task also on a BMC that is quick. */
  takes_a_while?: true;
}

/** A part of a Redfish service. Each way in answers null for a path that is not its own. @throws RedfishRefusal */
export interface Area {
  read(path: string): JsonObject | null;
  /** PATCH. */
  write?(path: string, body: JsonObject): Outcome | null;
  /** POST: an action, or a new member of a collection. */
  act?(path: string, body: JsonObject): Outcome | null;
  /** DELETE. */
  remove?(path: string): Outcome | null;
}

/** Writes properties one by one. @throws RedfishRefusal for one that has no writer */
export function writeEach(
  body: JsonObject,
  writers: Readonly<Record<string, (value: Json) => void>>,
): Outcome {
  for (const [name, value] of Object.entries(body)) {
    if (name.includes('@')) continue;
    const write = writers[name];
    if (write === undefined)
      throw new RedfishRefusal(400, 'PropertyNotWritable', `The property ${name} is read only.`);
    write(value);
  }
  return {};
}

export function objectOf(value: Json, name: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notInList(value, name);
  return value;
}

export function booleanOf(value: Json, name: string): boolean {
  if (typeof value !== 'boolean') throw notInList(value, name);
  return value;
}

export function textOf(value: Json | undefined, name: string): string {
  if (typeof value !== 'string') throw notInList(value ?? null, name);
  return value;
}

export function notInList(value: Json, name: string): RedfishRefusal {
  return new RedfishRefusal(
    400,
    'PropertyValueNotInList',
    `The value ${JSON.stringify(value)} for the property ${name} is not in the list of acceptable values.`,
  );
}
