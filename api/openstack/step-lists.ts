import { serviceError } from '../../lifecycle/errors.ts';
import type { JsonObject } from '../../lifecycle/json.ts';

/**
 * Refuses a list that names the same step of an interface twice.
 * @throws InvalidParameterValue
 */
export function refuseDuplicateSteps(steps: readonly JsonObject[]): void {
  const seen = new Set<string>();
  for (const step of steps) {
    const name = `${String(step.interface)}.${String(step.step)}`;
    if (seen.has(name)) throw serviceError('InvalidParameterValue', { why: `Duplicate steps: ${name}.` });
    seen.add(name);
  }
}
