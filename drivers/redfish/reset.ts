import { DriverError } from '../contract.ts';
import type { Call } from './call.ts';
import { actionIn, type Resource, required } from './resources.ts';
import type { System } from './system.ts';

/**
 * Resets a system or manager in the first of these ways that the BMC takes: of those that it says it allows, or of all when
 * it says nothing. One that it allows and then refuses is passed over.
 * @throws DriverError `unsupported` when there is none
 */
export async function resetResource(
  system: System,
  call: Call,
  resource: Resource,
  kind: 'ComputerSystem' | 'Manager',
  wished: readonly string[],
): Promise<void> {
  const { client } = system;
  const action = required(resource, `#${kind}.Reset`, actionIn(resource, `${kind}.Reset`, 'ResetType'));
  const allowed = await system.allowed(call, action, 'ResetType');
  const ways = wished.filter((way) => allowed === null || allowed.includes(way));
  let refused: unknown = new DriverError(
    'unsupported',
    `${client.name}: The BMC offers none of the reset types ${wished.join(', ')}.`,
  );
  for (const ResetType of ways) {
    try {
      return await client.post(call, action.target, { ResetType });
    } catch (error) {
      if (!(error instanceof DriverError) || (error.code !== 'unsupported' && error.code !== 'rejected'))
        throw error;
      refused = error;
    }
  }
  throw refused;
}
