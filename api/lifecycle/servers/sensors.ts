import { serviceError } from '../../../lifecycle/errors.ts';
import { sensorReadings } from '../../../lifecycle/sensor-readings.ts';
import { refusalOf } from '../../../lifecycle/tools.ts';
import { nodeTarget } from '../../openstack/node-access.ts';
import type { LifecycleHandler } from '../handler.ts';
import { findServer, sideOf } from './access.ts';
import { toolFacts } from './view.ts';

/** The latest entries of the BMC's event log that are shown. */
const ENTRIES = 200;

/** GET /v1/servers/{server}/sensors: the BMC is asked now. @throws Conflict, NotAuthorized, ServiceUnavailable */
export const showSensors: LifecycleHandler = async (request, api) => {
  const { caller } = request;
  const found = await findServer(api, request);
  const { server, node } = found;
  const side = sideOf(api, server, caller);
  if (side === 'customer') api.policy.authorize('lifecycle:server:use', nodeTarget(server), caller);
  const refusal = refusalOf('sensors', toolFacts(found), side);
  if (refusal !== null) throw serviceError('Conflict', { why: refusal.text });
  if (node === null) throw serviceError('NotFound', { kind: 'Node', ident: server.uuid });
  const { sensors, events } = await api.conductor.call(node, 'read_sensors', {}, caller);
  const latest = events.slice(-ENTRIES).reverse();
  return {
    status: 200,
    body: {
      sensors: sensorReadings(sensors).map((one) => ({ ...one })),
      events: latest.map(({ id, timestamp_s, message }) => ({
        id,
        at: timestamp_s === null ? null : new Date(timestamp_s * 1000).toISOString(),
        message,
      })),
    },
  };
};
