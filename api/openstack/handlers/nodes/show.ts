import type { NodeRecord } from '../../../../lifecycle/records.ts';
import type { Reply } from '../../../http/reply.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { findNodeFor } from '../../node-access.ts';
import { readFields } from '../../paging.ts';
import { nodeViewContext } from '../../view-context.ts';
import { NODE_VIEW } from '../../views/node.ts';

/** GET /v1/nodes/{node} */
export const showNode: Handler = async (request, api) => {
  const view = api.views.get(NODE_VIEW, request.minor, readFields(request));
  const node = await findNodeFor(api, request);
  return { status: 200, text: view.text(node, await nodeViewContext(request, api, view)) };
};

/** A reply with the whole node, as creation and PATCH give it. */
export async function wholeNode(
  api: Api,
  request: ApiRequest,
  node: NodeRecord,
  status: number,
): Promise<Reply> {
  const view = api.views.get(NODE_VIEW, request.minor, 'all');
  const text = view.text(node, await nodeViewContext(request, api, view));
  return status === 201
    ? { status, text, headers: { Location: `${request.base_url}/v1/nodes/${node.uuid}` } }
    : { status, text };
}
