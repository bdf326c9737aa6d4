import type { PortRecord } from '../../../../lifecycle/records.ts';
import type { Reply } from '../../../http/reply.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { readFields } from '../../paging.ts';
import { viewContext } from '../../view-context.ts';
import { PORT_VIEW } from '../../views/port.ts';
import { findPortFor } from './port-access.ts';

/** GET /v1/ports/{port} */
export const showPort: Handler = async (request, api) => {
  const view = api.views.get(PORT_VIEW, request.minor, readFields(request));
  const { port } = await findPortFor(api, request, 'baremetal:port:get');
  return { status: 200, body: view.render(port, viewContext(request, api)) };
};

/** A reply with the whole port, as creation and PATCH give it. */
export function wholePort(api: Api, request: ApiRequest, port: PortRecord, status: number): Reply {
  const body = api.views.get(PORT_VIEW, request.minor, 'all').render(port, viewContext(request, api));
  return status === 201
    ? { status, body, headers: { Location: `${request.base_url}/v1/ports/${port.uuid}` } }
    : { status, body };
}
