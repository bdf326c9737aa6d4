import { serviceError } from '../../../../lifecycle/errors.ts';
import type { ConductorRecord } from '../../../../lifecycle/records.ts';
import type { Api, Handler } from '../../handler.ts';
import { listBody, readFields, readPage } from '../../paging.ts';
import { viewContext } from '../../view-context.ts';
import { CONDUCTOR_VIEW, type ShownConductor } from '../../views/conductor.ts';

const RULE = 'baremetal:conductor:get';

/** GET /v1/conductors. The marker is a host name. */
export const listConductors: Handler = async (request, api) => {
  api.policy.authorize(RULE, {}, request.caller);
  const page = readPage(request, api, CONDUCTOR_VIEW);
  const view = api.views.get(CONDUCTOR_VIEW, request.minor, page.selection);
  const found = await api.store.conductors.list({
    sort_dir: page.sort_dir,
    limit: page.limit,
    ...(page.sort_key === undefined || page.sort_key === 'alive' ? {} : { sort_key: page.sort_key }),
    ...(page.marker === undefined ? {} : { after_id: (await conductorOf(api, page.marker)).id }),
  });
  const context = viewContext(request, api);
  const conductors = await withLife(api, found);
  const body = listBody(request, page, {
    key: 'conductors',
    items: conductors.map((conductor) => view.render(conductor, context)),
    last: conductors.at(-1)?.hostname,
    full: conductors.length === page.limit,
  });
  return { status: 200, body };
};

/** GET /v1/conductors/{hostname} */
export const showConductor: Handler = async (request, api) => {
  api.policy.authorize(RULE, {}, request.caller);
  const view = api.views.get(CONDUCTOR_VIEW, request.minor, readFields(request));
  const conductors = await withLife(api, [await conductorOf(api, request.params.hostname ?? '')]);
  const context = viewContext(request, api);
  return { status: 200, body: conductors.map((conductor) => view.render(conductor, context))[0] ?? {} };
};

async function withLife(api: Api, conductors: readonly ConductorRecord[]): Promise<ShownConductor[]> {
  const alive = new Set((await api.conductors.now()).map((conductor) => conductor.hostname));
  return conductors.map((conductor) => ({ ...conductor, alive: alive.has(conductor.hostname) }));
}

/** @throws NotFound */
async function conductorOf(api: Api, hostname: string): Promise<ConductorRecord> {
  const conductor = await api.store.conductors.get(hostname);
  if (conductor === null) throw serviceError('NotFound', { kind: 'Conductor', ident: hostname });
  return conductor;
}
