import { type CodedText, coded } from './coded-text.ts';
import { clientEvents, type ProvisionEvent } from './machine.ts';
import type { NodeRecord } from './records.ts';
import type { MaintenanceSide, ServerFacts } from './server-record.ts';
import type { Stage } from './stages.ts';
import { isUnstable } from './states.ts';

/** Who uses a tool: the project that has the server, or the one that runs the service. */
export type ToolSide = MaintenanceSide;

interface Tool {
  /** For a button, and for sentences. */
  title: string;
  /** Whether it stops or restarts what runs on the server, now or soon. */
  reboots: boolean;
  /** Stages in which each side may use it. */
  customer: readonly Stage[];
  provider: readonly Stage[];
  /** It raises this event on the node, which the provision state has to have. */
  event?: ProvisionEvent;
  /** It may be used while other work has the server. */
  while_busy?: boolean;
}

const RUNNING = ['in-use', 'maintenance'] as const;
const MAINTENANCE = ['maintenance'] as const;
const ANY = ['registration', 'inventory', 'building', 'in-use', 'maintenance', 'deletion'] as const;
const WORKSHOP = ['registration', 'inventory', 'maintenance'] as const;

/**
 * The tools, and where each may be used. Whoever rents a server gets those that restart it, or that change what a restart
 * brings, only in maintenance: a guard against mistakes. Who serves a request asks `refusalOf`.
 */
export const TOOLS = {
  'power-on': { title: 'Power on', reboots: false, customer: RUNNING, provider: ANY },
  'soft-power-off': {
    title: 'Shut down the operating system',
    reboots: false,
    customer: RUNNING,
    provider: ANY,
  },
  'power-off': { title: 'Power off', reboots: true, customer: MAINTENANCE, provider: ANY },
  'soft-reboot': {
    title: 'Reboot the operating system',
    reboots: true,
    customer: MAINTENANCE,
    provider: ANY,
  },
  reboot: { title: 'Reset', reboots: true, customer: MAINTENANCE, provider: ANY },
  'boot-device': { title: 'Set the boot device', reboots: false, customer: RUNNING, provider: ANY },
  'iso-mount': { title: 'Insert an ISO image', reboots: false, customer: RUNNING, provider: ANY },
  'iso-eject': { title: 'Eject the ISO image', reboots: false, customer: RUNNING, provider: ANY },
  sensors: {
    title: 'Sensors and event log',
    reboots: false,
    customer: RUNNING,
    provider: ANY,
    while_busy: true,
  },
  console: { title: 'Console', reboots: false, customer: RUNNING, provider: ANY, while_busy: true },
  'bmc-access': { title: 'Access to the BMC', reboots: false, customer: RUNNING, provider: ANY },
  'enter-maintenance': {
    title: 'Move to maintenance',
    reboots: false,
    customer: ['in-use'],
    provider: ['in-use', 'maintenance'],
    while_busy: true,
  },
  'leave-maintenance': {
    title: 'End the maintenance',
    reboots: false,
    customer: MAINTENANCE,
    provider: MAINTENANCE,
    while_busy: true,
  },
  'bmc-reset': { title: 'Restart the BMC', reboots: false, customer: MAINTENANCE, provider: WORKSHOP },
  diagnostics: {
    title: 'Interrupt for a crash dump (NMI)',
    reboots: true,
    customer: MAINTENANCE,
    provider: MAINTENANCE,
  },
  'bios-settings': {
    title: 'Change BIOS settings',
    reboots: true,
    customer: MAINTENANCE,
    provider: MAINTENANCE,
    event: 'service',
  },
  'firmware-update': {
    title: 'Update firmware',
    reboots: true,
    customer: MAINTENANCE,
    provider: MAINTENANCE,
    event: 'service',
  },
  rescue: {
    title: 'Boot a rescue system',
    reboots: true,
    customer: MAINTENANCE,
    provider: MAINTENANCE,
    event: 'rescue',
  },
  unrescue: {
    title: 'Boot from the disk again',
    reboots: true,
    customer: MAINTENANCE,
    provider: MAINTENANCE,
    event: 'unrescue',
  },
  rebuild: {
    title: 'Install anew',
    reboots: true,
    customer: MAINTENANCE,
    provider: MAINTENANCE,
    event: 'rebuild',
  },
  return: {
    title: 'Return: erase and give back',
    reboots: true,
    customer: ['building', 'in-use', 'maintenance'],
    provider: ['building', 'in-use', 'maintenance', 'deletion'],
    event: 'delete',
  },
} as const satisfies Record<string, Tool>;

export type ToolName = keyof typeof TOOLS;

export const TOOL_NAMES = Object.keys(TOOLS) as readonly ToolName[];

/** True when `value` names a tool. */
export function isToolName(value: string): value is ToolName {
  return Object.hasOwn(TOOLS, value);
}

/** What the use of tools depends on. */
export interface ToolFacts
  extends Pick<NodeRecord, 'provision_state' | 'maintenance'>,
    Pick<ServerFacts, 'maintenance_side' | 'maintenance_by' | 'maintenance_reason' | 'maintenance_until'> {
  stage: Stage;
  /** Whether other work has the server. */
  busy: boolean;
}

/** Why a tool cannot be used now. `stage-maintenance-first`: it could be in maintenance, and there is a way there. */
export type RefusalCode =
  | 'disposed'
  | 'provider-maintenance'
  | 'stage'
  | 'stage-maintenance-first'
  | 'busy'
  | 'provision-state'
  | 'looks-only';

export type Refusal = CodedText<RefusalCode>;

/** One tool as one side finds it. */
export interface ToolView {
  tool: ToolName;
  title: string;
  reboots: boolean;
  allowed: boolean;
  /** Why not, and what to do; null when it is allowed. */
  refusal: Refusal | null;
  /** Stages in which this side may use it. */
  stages: readonly Stage[];
}

/** Tools of whoever may see the server: they change nothing. */
const LOOKING: readonly ToolName[] = ['sensors', 'console'];

/** Every tool, and whether `side` may use it on the server now. Pure. @param looks_only the caller may see the server, and no more */
export function toolsOf(server: ToolFacts, side: ToolSide, looks_only = false): ToolView[] {
  return TOOL_NAMES.map((tool) => {
    const refusal = looks_only && !LOOKING.includes(tool) ? onlyLooks(tool) : refusalOf(tool, server, side);
    const { title, reboots } = TOOLS[tool];
    return { tool, title, reboots, allowed: refusal === null, refusal, stages: TOOLS[tool][side] };
  });
}

/** Why `side` may not use a tool on the server now, and what to do; null: it may. Pure. */
export function refusalOf(name: ToolName, server: ToolFacts, side: ToolSide): Refusal | null {
  const tool: Tool = TOOLS[name];
  const what = `${name} (${tool.title})`;
  const { stage, provision_state: state } = server;
  if (stage === 'disposed') return coded('disposed', `${what} is not possible: the server was disposed of.`);
  if (side === 'customer' && isProviders(server)) return barred(what, server);
  if (!tool[side].includes(stage)) return wrongStage(what, tool[side], stage);
  if (busy(tool, server))
    return coded(
      'busy',
      `${what} has to wait: other work has the server, which is in provision state "${state}".`,
      { state },
    );
  if (tool.event !== undefined && !clientEvents(state).includes(tool.event))
    return coded('provision-state', `${what} is not possible in provision state "${state}".`, { state });
  return null;
}

/** Whether the provider works on the server. A node that Ironic's API, or a broken BMC, put in maintenance is the provider's. */
export function isProviders({ maintenance, maintenance_side }: ToolFacts): boolean {
  return maintenance_side === 'provider' || (maintenance && maintenance_side === null);
}

function barred(what: string, server: ToolFacts): Refusal {
  const { maintenance_by: by, maintenance_reason: why, maintenance_until } = server;
  const until = maintenance_until === null ? null : new Date(maintenance_until).toISOString();
  const text = [
    `${what} is barred while the provider maintains the server`,
    by === null ? '' : ` by ${by}`,
    until === null ? '' : `, until ${until}`,
    why === null ? '' : `, for: ${why}`,
    '.',
  ].join('');
  return coded('provider-maintenance', text, { by: by ?? '', until: until ?? '', why: why ?? '' });
}

function onlyLooks(tool: ToolName): Refusal {
  const { title } = TOOLS[tool];
  return coded(
    'looks-only',
    `${tool} (${title}) is not for you: your role only looks. Ask for the role "member" in the project that has the server.`,
  );
}

function wrongStage(what: string, stages: readonly Stage[], stage: Stage): Refusal {
  const text = `${what} is not possible in the stage ${stage}. It is possible in ${stages.join(' and ')}.`;
  const values = { stage, stages: stages.join(', ') };
  return stage === 'in-use' && stages.includes('maintenance')
    ? coded('stage-maintenance-first', `${text} Move the server there first (enter-maintenance).`, values)
    : coded('stage', text, values);
}

function busy(tool: Tool, server: ToolFacts): boolean {
  if (tool.while_busy === true) return false;
  if (tool.event !== undefined && clientEvents(server.provision_state).includes(tool.event))
    return server.busy;
  return server.busy || isUnstable(server.provision_state);
}
