import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import { type ConductorRecord, INTERFACE_KINDS } from '../../../../lifecycle/records.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { driversOf } from '../../hardware-types.ts';
import { DRIVER_INTERFACES, FIELDS } from '../../microversions.ts';
import { readFields, readSelection } from '../../paging.ts';
import { linkPair } from '../../views/fields.ts';
import type { Selection } from '../../views/view.ts';

/** GET /v1/drivers: hardware types that live conductors serve. */
export const listDrivers: Handler = async (request, api) => {
  api.policy.authorize('baremetal:driver:get', {}, request.caller);
  const selection = readSelection(request);
  if (request.query.type === 'classic') return { status: 200, body: { drivers: [] } };
  const drivers = driversOf(await api.conductors.now());
  const shown = [...drivers].map(([name, hosts]) => driverDocument(request, name, hosts, selection));
  return { status: 200, body: { drivers: shown } };
};

/** GET /v1/drivers/{driver}: always in detail. */
export const showDriver: Handler = async (request, api) => {
  api.policy.authorize('baremetal:driver:get', {}, request.caller);
  const name = request.params.driver ?? '';
  return {
    status: 200,
    body: driverDocument(request, name, await requireDriver(api, name), readFields(request)),
  };
};

/** GET /v1/drivers/{driver}/properties */
export const showDriverProperties: Handler = async (request, api) => {
  api.policy.authorize('baremetal:driver:get_properties', {}, request.caller);
  const name = request.params.driver ?? '';
  const [conductor] = await requireDriver(api, name);
  return { status: 200, body: { ...conductor?.hardware_types[name]?.properties } };
};

/** GET /v1/drivers/properties?driver_name= */
export const showDriverPropertiesByQuery: Handler = (request, api) =>
  showDriverProperties({ ...request, params: { driver: request.query.driver_name ?? '' } }, api);

/** The live conductors that serve a hardware type, at least one. @throws NotFound */
export async function requireDriver(api: Api, name: string): Promise<ConductorRecord[]> {
  const hosts = driversOf(await api.conductors.now()).get(name);
  if (hosts === undefined) throw serviceError('NotFound', { kind: 'Driver', ident: name });
  return hosts;
}

function driverDocument(
  request: ApiRequest,
  name: string,
  hosts: readonly ConductorRecord[],
  selection: Selection,
): JsonObject {
  const { base_url, minor } = request;
  const parts: JsonObject = {
    name,
    hosts: hosts.map((host) => host.hostname).sort(),
    links: linkPair(base_url, `drivers/${name}`),
    properties: linkPair(base_url, `drivers/${name}/properties`),
    type: 'dynamic',
  };
  const ledger: Readonly<Record<string, number>> = FIELDS.driver;
  const visible = Object.entries(parts).filter(([field]) => (ledger[field] ?? 1) <= minor);
  const detail = selection === 'list' ? {} : interfaceFields(name, hosts, minor);
  const document: JsonObject = { ...Object.fromEntries(visible), ...detail };
  if (typeof selection === 'string') return document;
  const unknown = selection.find((field) => !Object.hasOwn(document, field));
  if (unknown !== undefined) {
    throw serviceError('InvalidParameterValue', { why: `Field(s) "${unknown}" are not valid.` });
  }
  return Object.fromEntries(
    Object.entries(document).filter(([field]) => field === 'links' || selection.includes(field)),
  );
}

function interfaceFields(name: string, hosts: readonly ConductorRecord[], minor: number): JsonObject {
  const fields: JsonObject = {};
  for (const kind of INTERFACE_KINDS) {
    if (DRIVER_INTERFACES[kind] > minor) continue;
    const facts = hosts.map((host) => host.hardware_types[name]?.interfaces[kind]);
    fields[`default_${kind}_interface`] = facts[0]?.default ?? null;
    fields[`enabled_${kind}_interfaces`] = [...new Set(facts.flatMap((fact) => fact?.enabled ?? []))].sort();
  }
  return fields;
}
