import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { INTERFACE_KINDS } from '../lifecycle/records.ts';
import type { Driver, DriverContext } from './contract.ts';

/** Version of drivers/contract.ts that packages are written for; a change that breaks them counts it up. */
export const DRIVER_API = 1;

/**
 * Loads the drivers of npm packages. A package exports `driver_api` (the number) and `createDriver(context)`.
 *
 * @param names package names, found from `folder`, or absolute paths of their folders.
 * @throws Error that names the package and what is wrong with it.
 */
export async function loadDriverPackages(
  names: readonly string[],
  context: DriverContext,
  folder: string,
): Promise<Driver[]> {
  const drivers: Driver[] = [];
  for (const name of names) drivers.push(await loadDriver(name, context, folder));
  return drivers;
}

async function loadDriver(name: string, context: DriverContext, folder: string): Promise<Driver> {
  let file: string;
  try {
    file = createRequire(join(folder, 'driver-packages.js')).resolve(name);
  } catch {
    throw new Error(
      `The package ${name} cannot be found from ${folder}: install it there (npm install ${name}), or name its absolute path.`,
    );
  }
  let exported: Record<string, unknown>;
  try {
    exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`The package ${name} cannot be loaded: ${(error as Error).message}`, { cause: error });
  }
  if (exported.driver_api !== DRIVER_API)
    throw new Error(
      `The package ${name} is for version ${String(exported.driver_api)} of the driver contract; this is version ${DRIVER_API}.`,
    );
  if (typeof exported.createDriver !== 'function')
    throw new Error(`The package ${name} exports no function createDriver.`);
  const driver: unknown = await exported.createDriver(context);
  const problems = problemsOf(driver);
  if (problems.length > 0)
    throw new Error(`The driver of the package ${name} is none: ${problems.join(' ')}`);
  return driver as Driver;
}

/** What a thing lacks to be a Driver, as far as it can be seen without using it. */
function problemsOf(driver: unknown): string[] {
  if (typeof driver !== 'object' || driver === null) return ['createDriver does not return an object.'];
  const { name, properties, interfaces, parse, connect } = driver as Record<string, unknown>;
  const problems: string[] = [];
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]*$/.test(name))
    problems.push('Its name must be lower-case letters, digits and hyphens.');
  if (typeof properties !== 'object' || properties === null) problems.push('It has no properties.');
  for (const [method, value] of Object.entries({ parse, connect }))
    if (typeof value !== 'function') problems.push(`It has no method ${method}.`);
  if (typeof (driver as Partial<Driver>)[Symbol.asyncDispose] !== 'function')
    problems.push('It has no [Symbol.asyncDispose].');
  const lists = (interfaces ?? {}) as Record<string, unknown>;
  const without = INTERFACE_KINDS.filter((kind) => {
    const list = lists[kind];
    return !Array.isArray(list) || list.length === 0 || list.some((each) => typeof each !== 'string');
  });
  if (without.length > 0) problems.push(`It names no interfaces of the kinds ${without.join(', ')}.`);
  return problems;
}
