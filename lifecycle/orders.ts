import type { JsonObject } from './json.ts';
import type { EpochMs, Stored } from './records.ts';

/** What an order says of every server that it wants. */
export interface OrderRequest {
  /** uuid of a flavor, or a resource class. */
  flavor: string | null;
  /** uuid of a model, or a product's name. */
  model: string | null;
  availability_zone: string | null;
  /** Ironic's target_raid_config; null: the disks stay as they are. */
  raid_config: JsonObject | null;
  /** Attribute → value; null: none is changed. */
  bios_settings: JsonObject | null;
  /** Fields of instance_info that name the image; null: no operating system. */
  image: JsonObject | null;
  vlan_id: number | null;
}

export type OrderState = 'open' | 'done' | 'partial' | 'failed' | 'cancelled';

export interface OrderRecord extends Stored {
  uuid: string;
  name: string | null;
  project: string;
  user: string | null;
  request_id: string | null;
  count: number;
  request: OrderRequest;
  state: OrderState;
  cancelled_at: EpochMs | null;
  finished_at: EpochMs | null;
}

/**
 * - `waiting`: has no server yet.
 * - `claimed`: a server was taken from stock; its set-up has not begun.
 * - `building`: it is being set up and installed.
 * - `done`, `failed`, `cancelled`: over.
 */
export type LineState = 'waiting' | 'claimed' | 'building' | 'done' | 'failed' | 'cancelled';

/** One server of an order. */
export interface OrderLineRecord extends Stored {
  uuid: string;
  order_uuid: string;
  position: number;
  /** Name of the instance. */
  name: string | null;
  state: LineState;
  server_uuid: string | null;
  /** Servers that it was tried on and that failed. */
  tried: string[];
  /** Deployments of the present server. */
  attempts: number;
  last_error: string | null;
}

export const OPEN_LINES: readonly LineState[] = ['waiting', 'claimed', 'building'];

/** Whether nothing is done for a line any more. */
export function isOver(state: LineState): boolean {
  return !OPEN_LINES.includes(state);
}

/** What an order has come to, from the states of its lines. Pure. */
export function orderStateOf(lines: readonly LineState[], cancelled: boolean): OrderState {
  if (lines.some((state) => !isOver(state))) return 'open';
  if (lines.every((state) => state === 'done')) return 'done';
  if (cancelled) return 'cancelled';
  return lines.includes('done') ? 'partial' : 'failed';
}

/** How far a server may go wrong before its line is given up. */
export const ORDER_LIMITS = { deployments_of_a_server: 2, servers_of_a_line: 3 } as const;

/** How far an order is, as lists of what changed tell it. */
export interface OrderProgress
  extends Pick<OrderRecord, 'uuid' | 'name' | 'project' | 'count' | 'state' | 'finished_at'> {
  /** When the order or one of its servers last changed. */
  changed_at: EpochMs;
  /** How many servers are in each state that any is in. */
  progress: Partial<Record<LineState, number>>;
}

/** What becomes of a line whose server failed: once more, another server, or nothing. Pure. */
export function afterFailure(
  line: Pick<OrderLineRecord, 'attempts' | 'tried'>,
): 'again' | 'replace' | 'give up' {
  if (line.attempts < ORDER_LIMITS.deployments_of_a_server) return 'again';
  return line.tried.length + 1 < ORDER_LIMITS.servers_of_a_line ? 'replace' : 'give up';
}

/** The most servers that a project may have by orders. */
export interface QuotaRecord extends Stored {
  uuid: string;
  project: string;
  servers: number;
}

/** Steps that set a server up while it is built, in the words of Ironic's deploy steps. Pure. */
export function setupSteps({ raid_config, bios_settings }: OrderRequest): JsonObject[] {
  const steps: JsonObject[] = [];
  if (bios_settings !== null)
    steps.push({
      interface: 'bios',
      step: 'apply_configuration',
      priority: 97,
      args: { settings: Object.entries(bios_settings).map(([name, value]) => ({ name, value })) },
    });
  if (raid_config !== null)
    steps.push({ interface: 'raid', step: 'apply_configuration', priority: 95, args: { raid_config } });
  return steps;
}
