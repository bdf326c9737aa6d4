import { expect } from 'chai';
import type { Json, JsonObject } from '../../../lifecycle/json.ts';
import { type Listener, openListener } from '../../conductor/notifications/listener.ts';
import { testTransportUrl } from '../../services/test-services.ts';
import { type ApiBench, startApiBench } from './api-bench.ts';
import { FAKE_NODE } from './api-row.ts';

const STEPS = [{ interface: 'bios', step: 'factory_reset', args: {}, priority: 5 }];
const { priority: _, ...STEP } = STEPS[0] as JsonObject;

/** What is created, changed and deleted: name in event types, path, body, patch. */
const OBJECTS: readonly {
  object: string;
  payload: string;
  path: string;
  body: JsonObject;
  patch: readonly [string, Json];
}[] = [
  {
    object: 'node',
    payload: 'NodeCRUDPayload 1.15',
    path: 'nodes',
    body: { driver: 'fake-hardware', name: 'kumo', driver_info: { fake_password: 'hunter2' } },
    patch: ['/extra/rack', 'r7'],
  },
  {
    object: 'port',
    payload: 'PortCRUDPayload 1.8',
    path: 'ports',
    body: { node_uuid: '$node', address: '52:54:00:00:00:01' },
    patch: ['/extra/rack', 'r7'],
  },
  {
    object: 'portgroup',
    payload: 'PortgroupCRUDPayload 1.3',
    path: 'portgroups',
    body: { node_uuid: '$node', name: 'bond' },
    patch: ['/extra/rack', 'r7'],
  },
  {
    object: 'chassis',
    payload: 'ChassisCRUDPayload 1.0',
    path: 'chassis',
    body: { description: 'd' },
    patch: ['/extra/rack', 'r7'],
  },
  {
    object: 'allocation',
    payload: 'AllocationCRUDPayload 1.1',
    path: 'allocations',
    body: { name: 'a1', resource_class: 'none-has-it' },
    patch: ['/extra/rack', 'r7'],
  },
  {
    object: 'deploytemplate',
    payload: 'DeployTemplateCRUDPayload 1.0',
    path: 'deploy_templates',
    body: { name: 'CUSTOM_A', steps: STEPS },
    patch: ['/extra/rack', 'r7'],
  },
  {
    object: 'runbook',
    payload: 'RunbookCRUDPayload 1.1',
    path: 'runbooks',
    body: { name: 'CUSTOM_A', steps: [{ ...STEP, order: 1 }] },
    patch: ['/extra/rack', 'r7'],
  },
  {
    object: 'inspectionrule',
    payload: 'InspectionRuleCRUDPayload 1.0',
    path: 'inspection_rules',
    body: { actions: [{ op: 'fail', args: { msg: 'm' } }] },
    patch: ['/priority', 7],
  },
  {
    object: 'volumeconnector',
    payload: 'VolumeConnectorCRUDPayload 1.0',
    path: 'volume/connectors',
    body: { node_uuid: '$node', type: 'iqn', connector_id: 'iqn.2026-01.example:1' },
    patch: ['/extra/rack', 'r7'],
  },
  {
    object: 'volumetarget',
    payload: 'VolumeTargetCRUDPayload 1.0',
    path: 'volume/targets',
    body: { node_uuid: '$node', volume_type: 'iscsi', boot_index: 0, volume_id: 'v1' },
    patch: ['/extra/rack', 'r7'],
  },
];

describe('notifications of what clients change, on RabbitMQ', () => {
  let bench: ApiBench;
  let listener: Listener;
  let node: string;

  before(async () => {
    listener = await openListener(await testTransportUrl());
    await listener.listen();
    bench = await startApiBench({
      transport_url: listener.transport_url,
      settings: {
        DEFAULT: { enabled_hardware_types: ['fake-hardware'], notification_level: 'info' },
      },
    });
  });
  beforeEach(async () => {
    await bench.clear();
    const made = await bench.store.nodes.create({
      ...FAKE_NODE,
      provision_state: 'manageable',
      power_state: 'power off',
    });
    node = made.uuid;
    listener.heard.length = 0;
  });
  after(async () => {
    await bench[Symbol.asyncDispose]();
    await listener[Symbol.asyncDispose]();
  });

  async function ask(method: string, path: string, body?: Json): Promise<{ status: number; uuid: string }> {
    const response = await fetch(`${bench.url}/v1/${path}`, {
      method,
      headers: { 'X-OpenStack-Ironic-API-Version': '1.115' },
      ...(body === undefined ? {} : { body: JSON.stringify(body).replaceAll('"$node"', `"${node}"`) }),
    });
    const text = await response.text();
    const { uuid } = (text === '' ? {} : JSON.parse(text)) as { uuid?: string };
    return { status: response.status, uuid: uuid ?? '' };
  }

  for (const { object, payload, path, body, patch } of OBJECTS) {
    const events = (action: string, ...statuses: string[]) =>
      statuses.map((status) => `baremetal.${object}.${action}.${status}`);

    it(`${object}: its creation, a patch, one that changes nothing, its deletion, and a creation that fails`, async () => {
      const { status, uuid } = await ask('POST', path, body);
      expect(status).to.equal(201);
      const [key, value] = patch;
      for (let times = 0; times < 2; times += 1) {
        const patched = await ask('PATCH', `${path}/${uuid}`, [{ op: 'add', path: key, value }]);
        expect(patched.status).to.equal(200);
      }
      expect((await ask('POST', path, { ...body, uuid })).status).to.equal(409);
      expect((await ask('DELETE', `${path}/${uuid}`)).status).to.equal(204);
      await listener.until([
        ...events('create', 'start', 'end', 'start', 'error'),
        ...events('update', 'start', 'end', 'start', 'end'),
        ...events('delete', 'start', 'end'),
      ]);
      const messages = listener.heard.map((message) => message.payload as JsonObject);
      for (const shown of messages) {
        expect(`${shown['ironic_object.name']} ${shown['ironic_object.version']}`).to.equal(payload);
        expect(shown['ironic_object.namespace']).to.equal('ironic');
        expect((shown['ironic_object.data'] as JsonObject).uuid).to.equal(uuid);
      }
      for (const message of listener.heard) {
        expect(message.publisher_id).to.match(/^ironic-api\./);
        expect(message.priority).to.equal(/error$/.test(String(message.event_type)) ? 'ERROR' : 'INFO');
      }
      const changed = listener.data(`baremetal.${object}.update.start`);
      const [, field = '', inner] = key.split('/');
      expect(inner === undefined ? changed[field] : (changed[field] as JsonObject)[inner]).to.equal(value);
      expect(JSON.stringify(listener.heard)).not.to.contain('hunter2');
      if ('node_uuid' in body)
        expect(listener.data(`baremetal.${object}.delete.end`).node_uuid).to.equal(node);
    });
  }

  it('maintenance is told apart from an update, and traits are an update of their node', async () => {
    await ask('PUT', `nodes/${node}/maintenance`, { reason: 'fan' });
    await ask('DELETE', `nodes/${node}/maintenance`);
    await ask('PATCH', `nodes/${node}`, [{ op: 'replace', path: '/maintenance', value: true }]);
    await ask('PUT', `nodes/${node}/traits/CUSTOM_A`);
    await ask('DELETE', `nodes/${node}/traits/CUSTOM_B`);
    await listener.until(
      [
        ...['maintenance_set.start', 'maintenance_set.end', 'maintenance_set.start', 'maintenance_set.end'],
        ...['update.start', 'update.end'],
        ...['update.start', 'update.end', 'update.start', 'update.error'],
      ].map((event) => `baremetal.node.${event}`),
    );
    expect(listener.data('baremetal.node.update.end').traits).to.deep.equal(['CUSTOM_A']);
  });
});
