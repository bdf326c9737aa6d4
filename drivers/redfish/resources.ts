import { DriverError } from '../contract.ts';

/** A resource as it was read. */
export interface Resource {
  /** Path of the resource on the BMC. */
  path: string;
  /** From the header or the body; null: the BMC has none. */
  etag: string | null;
  /** `host:port` of the BMC, for errors. */
  bmc: string;
  body: Readonly<Record<string, unknown>>;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textIn(object: object, name: string): string | null {
  const value: unknown = (object as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : null;
}

export function booleanIn(object: object, name: string): boolean | null {
  const value: unknown = (object as Record<string, unknown>)[name];
  return typeof value === 'boolean' ? value : null;
}

export function objectIn(object: object, name: string): Record<string, unknown> | null {
  const value: unknown = (object as Record<string, unknown>)[name];
  return isObject(value) ? value : null;
}

export function arrayIn(object: object, name: string): readonly unknown[] {
  const value: unknown = (object as Record<string, unknown>)[name];
  return Array.isArray(value) ? value : [];
}

export function textsIn(object: object, name: string): readonly string[] | null {
  const value: unknown = (object as Record<string, unknown>)[name];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : null;
}

/** The target of a link property; null: there is none. */
export function linkIn(object: object, name: string): string | null {
  const link = objectIn(object, name);
  return link === null ? null : textIn(link, '@odata.id');
}

/** The targets of an array of links. */
export function linksIn(object: object, name: string): readonly string[] {
  return arrayIn(object, name)
    .map((each) => (isObject(each) ? textIn(each, '@odata.id') : null))
    .filter((each) => each !== null);
}

/** @throws DriverError that names the resource and the attribute */
export function required<T>({ bmc, path }: Pick<Resource, 'bmc' | 'path'>, name: string, value: T | null): T {
  if (value !== null) return value;
  throw new DriverError('unsupported', `${bmc}: ${path} has no usable ${name}.`);
}

/** An action of a resource with the values that one of its parameters takes; null: the BMC does not say. */
export interface Action {
  target: string;
  allowed: readonly string[] | null;
  /** Where the values are told when they are not beside the action. */
  info: string | null;
}

/** @param name like `ComputerSystem.Reset`; null: the resource does not offer it */
export function actionIn({ body }: Resource, name: string, parameter: string): Action | null {
  const action = objectIn(objectIn(body, 'Actions') ?? {}, `#${name}`);
  const target = action === null ? null : textIn(action, 'target');
  if (action === null || target === null) return null;
  return {
    target,
    allowed: textsIn(action, `${parameter}@Redfish.AllowableValues`),
    info: textIn(action, '@Redfish.ActionInfo'),
  };
}
