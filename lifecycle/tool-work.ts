import type { Json, JsonObject } from './json.ts';
import type { PowerTarget } from './power.ts';
import type { ToolName } from './tools.ts';

/** What a tool asks of the conductors: a power action, or the steps of a service (ironic API 1.87). */
export type ToolWork = { kind: 'power'; target: PowerTarget } | { kind: 'steps'; steps: JsonObject[] };

const power = (target: PowerTarget) => (): ToolWork => ({ kind: 'power', target });

/** The tools that may be scheduled, with what their arguments stand for. */
export const TOOL_WORK = {
  'power-on': power('power on'),
  'power-off': power('power off'),
  'soft-power-off': power('soft power off'),
  reboot: power('rebooting'),
  'soft-reboot': power('soft rebooting'),
  'bios-settings': ({ settings }: JsonObject): ToolWork => ({
    kind: 'steps',
    steps: [
      {
        interface: 'bios',
        step: 'apply_configuration',
        args: {
          settings: Object.entries(settings as JsonObject).map(([name, value]) => ({ name, value })),
        },
      },
    ],
  }),
  'firmware-update': ({ updates }: JsonObject): ToolWork => ({
    kind: 'steps',
    steps: [{ interface: 'firmware', step: 'update', args: { settings: updates as Json } }],
  }),
} as const satisfies Partial<Record<ToolName, (args: JsonObject) => ToolWork>>;

export type SchedulableTool = keyof typeof TOOL_WORK;
