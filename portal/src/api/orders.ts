import { queryOptions } from '@tanstack/react-query';
import { ask } from './http.ts';
import type { OrderDetail, StockGroup } from './types.ts';

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
