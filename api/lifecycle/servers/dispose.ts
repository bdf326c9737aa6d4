import { serviceError } from '../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { LifecycleHandler } from '../handler.ts';
import { findServer } from './access.ts';
import { refuseUpkeep } from './upkeep.ts';
import { serverView } from './view.ts';

/** Certificates that the record names. */
const CERTIFICATES = 100;

/** POST /v1/servers/{server}/dispose: the node goes, the record stays. @throws Conflict */
export const disposeServer: LifecycleHandler = async (request, api) => {
  const found = await findServer(api, request, 'lifecycle:server:dispose');
  refuseUpkeep('dispose', found);
  const { server, node } = found;
  const { confirm, by, ...told } = request.body as JsonObject & { confirm: string; by?: string };
  const { uuid, serial_number } = server;
  const refused = (why: string) => serviceError('Conflict', { why });
  if (node === null) throw refused(`The server ${uuid} was disposed of.`);
  if (confirm !== (serial_number ?? uuid))
    throw refused(
      `confirm must repeat the ${serial_number === null ? 'uuid' : 'serial number'} of the server.`,
    );
  const certificates = await api.store.erase_certificates.list({
    where: { node_uuid: uuid },
    fields: ['uuid'],
    sort_dir: 'desc',
    limit: CERTIFICATES,
  });
  const { user_name, user_id } = request.caller;
  const disposed_by = by ?? user_name ?? user_id;
  const disposal = { ...told, certificates: certificates.map((one) => one.uuid) };
  await api.conductor.disposeNode(node, { disposed_by, disposal }, request.caller);
  const gone = await api.store.servers.get(uuid);
  return { status: 200, body: serverView(gone ?? server, true) };
};
