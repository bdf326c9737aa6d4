/** Power states and actions, in Ironic's words (ironic/common/states.py). */

/** What a BMC reports. `error` is stored when the last power action failed. */
export type PowerState = 'power on' | 'power off' | 'error';

/** What a client may ask for with PUT /v1/nodes/{node}/states/power. */
export const POWER_TARGETS = {
  'power on': { since: 1, result: 'power on', soft: false },
  'power off': { since: 1, result: 'power off', soft: false },
  rebooting: { since: 1, result: 'power on', soft: false },
  'soft power off': { since: 27, result: 'power off', soft: true },
  'soft rebooting': { since: 27, result: 'power on', soft: true },
} as const satisfies Record<string, { since: number; result: PowerState; soft: boolean }>;

export type PowerTarget = keyof typeof POWER_TARGETS;

/** True when `value` is a power target of the API. */
export function isPowerTarget(value: unknown): value is PowerTarget {
  return typeof value === 'string' && Object.hasOwn(POWER_TARGETS, value);
}
