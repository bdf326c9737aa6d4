import type { JsonObject } from '../../../lifecycle/json.ts';
import type { OrderLineRecord, OrderRecord } from '../../../lifecycle/orders.ts';
import { redactUrls } from '../../../lifecycle/redact-urls.ts';
import { isoTime } from '../iso-time.ts';

/** An order as lists show it. The image's address may hold credentials: it is shown without them. */
export function orderView(order: OrderRecord): JsonObject {
  const { uuid, name, project, user, count, state, request } = order;
  const { image, bios_settings, raid_config, ...plain } = request;
  const source = image?.image_source;
  return {
    ...{ uuid, name, project, user, count, state, ...plain, raid_config, bios_settings },
    image: typeof source === 'string' ? redactUrls(source) : null,
    cancelled_at: isoTime(order.cancelled_at),
    created_at: isoTime(order.created_at),
    finished_at: isoTime(order.finished_at),
  };
}

/** An order by itself: with how far each server is. */
export function orderDetail(order: OrderRecord, lines: readonly OrderLineRecord[]): JsonObject {
  const progress: Record<string, number> = {};
  for (const { state } of lines) progress[state] = (progress[state] ?? 0) + 1;
  return { ...orderView(order), progress, servers: lines.map(lineView) };
}

function lineView({
  position,
  name,
  state,
  server_uuid,
  tried,
  attempts,
  last_error,
  updated_at,
}: OrderLineRecord): JsonObject {
  return {
    ...{ position, name, state, server_uuid, tried, attempts },
    last_error: last_error === null ? null : redactUrls(last_error),
    updated_at: isoTime(updated_at),
  };
}
