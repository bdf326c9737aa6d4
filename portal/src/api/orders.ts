import { queryOptions } from '@tanstack/react-query';
import { ask } from './http.ts';

export type OrderState = 'open' | 'done' | 'partial' | 'failed' | 'cancelled';
export type LineState = 'waiting' | 'claimed' | 'building' | 'done' | 'failed' | 'cancelled';

/** An order as lists show it. Times are ISO 8601. */
export interface Order {
  uuid: string;
  name: string | null;
  project: string;
  user: string | null;
  count: number;
  state: OrderState;
  flavor: string | null;
  model: string | null;
  availability_zone: string | null;
  raid_config: { logical_disks?: { raid_level?: string }[] } | null;
  bios_settings: Record<string, unknown> | null;
  image: string | null;
  vlan_id: number | null;
  cancelled_at: string | null;
  created_at: string | null;
  finished_at: string | null;
}

/** One server of an order. */
export interface OrderLine {
  position: number;
  name: string | null;
  state: LineState;
  server_uuid: string | null;
  tried: string[];
  attempts: number;
  last_error: string | null;
  updated_at: string | null;
}

export interface OrderDetail extends Order {
  progress: Partial<Record<LineState, number>>;
  servers: OrderLine[];
}

/** A layout that the disks of a server allow. */
export interface RaidLayout {
  raid_level: string;
  disks: number;
  capacity_gb: number;
  raid_config: object;
}

/** Servers in stock that an order does not tell apart. */
export interface StockGroup {
  count: number;
  resource_class: string | null;
  flavor_uuid: string | null;
  model_uuid: string | null;
  manufacturer: string | null;
  product_name: string | null;
  availability_zone: string | null;
  raid_layouts: RaidLayout[];
}

export const ORDERS = '/lifecycle/v1/orders';

/** What can be ordered now. It changes with the servers: the key says so. */
export function stock(project: string | null) {
  return queryOptions({
    queryKey: ['servers', 'stock', project],
    queryFn: ({ signal }) =>
      ask<{ stock: StockGroup[]; total: number }>(
        `/lifecycle/v1/stock${project === null ? '' : `?project=${encodeURIComponent(project)}`}`,
        { signal },
      ),
  });
}

export function orderDetail(uuid: string) {
  return queryOptions({
    queryKey: ['orders', 'one', uuid],
    queryFn: ({ signal }) => ask<OrderDetail>(`${ORDERS}/${encodeURIComponent(uuid)}`, { signal }),
  });
}

/** @throws ApiError with the reason, 409 when the quota does not allow it */
export async function placeOrder(body: object): Promise<OrderDetail> {
  return await ask<OrderDetail>(ORDERS, { method: 'POST', body });
}

/** `cancel` ends what is not delivered; `again` is another order, of what failed. @throws ApiError */
export async function changeOrder(uuid: string, verb: 'cancel' | 'again'): Promise<OrderDetail> {
  return await ask<OrderDetail>(`${ORDERS}/${encodeURIComponent(uuid)}/${verb}`, { method: 'POST' });
}
