import type { ListOptions } from '../../../../db/store.ts';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { HistoryRecord } from '../../../../lifecycle/records.ts';
import { requireUuid } from '../../../http/value-syntax.ts';
import type { Api, Handler } from '../../handler.ts';
import { findNodeFor } from '../../node-access.ts';
import { listBody, readPage } from '../../paging.ts';
import { viewContext } from '../../view-context.ts';
import { HISTORY_VIEW, shortEvent } from '../../views/history.ts';

const RULE = 'baremetal:node:history:get';

/** GET /v1/nodes/{node}/history */
export const listHistory: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, RULE);
  const page = readPage(request, api, HISTORY_VIEW);
  const view = api.views.get(HISTORY_VIEW, request.minor, page.selection);
  const options: ListOptions<HistoryRecord> = {
    sort_key: page.sort_key ?? 'created_at',
    sort_dir: page.sort_dir,
    limit: page.limit,
    ...(page.marker === undefined ? {} : { after_id: (await entryOf(api, node.uuid, page.marker)).id }),
  };
  const entries = await api.store.history.list(node.uuid, options);
  const context = viewContext(request, api);
  const short = page.selection === 'list';
  const body = listBody(request, page, {
    key: 'history',
    path: `nodes/${node.uuid}/history`,
    items: entries.map((entry) => {
      const shown = view.render(entry, context);
      return short ? { ...shown, event: shortEvent(entry.event) } : shown;
    }),
    last: entries.at(-1)?.uuid,
    full: entries.length === page.limit,
  });
  return { status: 200, body };
};

/** GET /v1/nodes/{node}/history/{uuid} */
export const showHistoryEntry: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, RULE);
  const entry = await entryOf(api, node.uuid, requireUuid(request.params.uuid ?? ''));
  const view = api.views.get(HISTORY_VIEW, request.minor, 'all');
  return { status: 200, body: view.render(entry, viewContext(request, api)) };
};

/** @throws NotFound */
async function entryOf(api: Api, node_uuid: string, uuid: string): Promise<HistoryRecord> {
  const entry = await api.store.history.get(uuid);
  if (entry === null || entry.node_uuid !== node_uuid) {
    throw serviceError('NotFound', { kind: 'Node history record', ident: uuid });
  }
  return entry;
}
