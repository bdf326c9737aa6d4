import { serviceError } from '../../../lifecycle/errors.ts';
import {
  firmwareDifferences,
  type HardwareState,
  type ServerBaselineRecord,
  settingsDifferences,
} from '../../../lifecycle/hardware-baseline.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { NodeRecord } from '../../../lifecycle/records.ts';
import type { ApiRequest } from '../../openstack/handler.ts';
import { auditServer } from '../audit.ts';
import type { LifecycleApi, LifecycleHandler } from '../handler.ts';
import { isoTime } from '../iso-time.ts';
import { type FoundServer, findServer } from './access.ts';
import { refuseUpkeep } from './upkeep.ts';

const READ = 'lifecycle:server:get:provider';
const WRITE = 'lifecycle:server:quarantine';

/** GET /v1/servers/{server}/baseline */
export const showBaseline: LifecycleHandler = async (request, api) => {
  const { server } = await findServer(api, request, READ);
  return { status: 200, body: view(await baselineOf(api, server.uuid)) };
};

/** POST /v1/servers/{server}/baseline: the server as it is now. @throws Conflict */
export const takeBaseline: LifecycleHandler = async (request, api) => {
  const found = await findServer(api, request, WRITE);
  refuseUpkeep('baseline-take', found);
  const { uuid } = found.server;
  const hardware = await read(found, request, api);
  const { user_name, user_id } = request.caller;
  const taken = { hardware, taken_by: user_name ?? user_id };
  const made = await api.store.transaction(async (tables) => {
    const { server_baselines } = tables;
    const record =
      (await server_baselines.update(uuid, taken)) ?? (await server_baselines.create({ uuid, ...taken }));
    await auditServer(tables, api, uuid, request.caller, 'baseline-take', {});
    return record;
  });
  return { status: 200, body: view(made) };
};

/** DELETE /v1/servers/{server}/baseline */
export const deleteBaseline: LifecycleHandler = async (request, api) => {
  const { server } = await findServer(api, request, WRITE);
  const { uuid } = await baselineOf(api, server.uuid);
  await api.store.transaction(async (tables) => {
    await tables.server_baselines.delete(uuid);
    await auditServer(tables, api, uuid, request.caller, 'baseline-delete', {});
  });
  return { status: 204 };
};

/** GET /v1/servers/{server}/baseline/differences: as its BMC tells it now. */
export const compareBaseline: LifecycleHandler = async (request, api) => {
  const found = await findServer(api, request, WRITE);
  const [own, rules] = await Promise.all([
    api.store.server_baselines.get(found.server.uuid),
    api.store.firmware_baselines.list({ where: { enforced: true } }),
  ]);
  const hardware = await read(found, request, api);
  const differences = [
    ...(own === null ? [] : settingsDifferences(own.hardware, hardware)),
    ...firmwareDifferences(own?.hardware ?? null, hardware, rules),
  ];
  return { status: 200, body: { differences: differences.map((one) => ({ ...one })) } };
};

/** @throws Conflict: it has no node any more; HardwareFailure */
async function read({ node }: FoundServer, request: ApiRequest, api: LifecycleApi): Promise<HardwareState> {
  if (node === null)
    throw serviceError('Conflict', { why: 'The server was disposed of: nothing can be read.' });
  return api.conductor.call(node as NodeRecord, 'read_hardware', {}, request.caller);
}

/** @throws NotFound */
async function baselineOf(
  { store }: Pick<LifecycleApi, 'store'>,
  uuid: string,
): Promise<ServerBaselineRecord> {
  const found = await store.server_baselines.get(uuid);
  if (found === null) throw serviceError('NotFound', { kind: 'Baseline of the server', ident: uuid });
  return found;
}

function view({ uuid, hardware, taken_by, created_at, updated_at }: ServerBaselineRecord): JsonObject {
  return {
    ...{ server_uuid: uuid, taken_by, taken_at: isoTime(updated_at ?? created_at) },
    ...(hardware as unknown as JsonObject),
  };
}
