import type { CallName, Calls } from '../../conductor/client.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { PowerTarget } from '../../lifecycle/power.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { ProvisionState } from '../../lifecycle/states.ts';
import type { Verb } from '../../lifecycle/verbs.ts';
import { CALLER } from '../conductor/conductor-bench.ts';
import { eventually } from '../services/eventually.ts';
import { RESOURCE_CLASS, RUNBOOK, type Site, type Subject } from './site.ts';

/** One stretch of a node's life: something is asked for, and the node is to come to rest in `state`. */
export interface Stage {
  name: string;
  state: ProvisionState;
  /** What the node must show besides its state before the stretch is over. */
  until?: (node: NodeRecord) => boolean;
  /** Asks for it. Resolves when it was accepted; a call, when it was answered or failed. */
  ask(site: Site, subject: Subject): Promise<void>;
  /**
   * Marks of the judge's own log, and how often they may be there after the stage: `[exactly]`, or `[least, most]` where
   * the death of a conductor may leave a step that must not run twice undone.
   */
  marks?: Readonly<Record<string, readonly [least: number, most: number]>>;
  /** Only nodes of this hardware type live it. */
  driver?: Subject['driver'];
  /** A death in a step that must not run twice fails the job; the node rests in `state` all the same. */
  may_fail?: true;
}

const verb =
  (target: Verb, args: JsonObject = {}, changes: Partial<NodeRecord> = {}): Stage['ask'] =>
  async (site, subject) => {
    if (Object.keys(changes).length > 0) await site.store.nodes.update(subject.uuid, changes);
    await site.client.provision(await site.read(subject), target, args, CALLER);
  };

const power =
  (target: PowerTarget, changes: Partial<NodeRecord> = {}): Stage['ask'] =>
  async (site, subject) => {
    if (Object.keys(changes).length > 0) await site.store.nodes.update(subject.uuid, changes);
    await site.client.power(await site.read(subject), target, null, CALLER);
  };

const call =
  <M extends CallName>(method: M, args: Calls[M]['args']): Stage['ask'] =>
  async (site, subject) => {
    // What became of it is judged by the server.
    await site.client.call(await site.read(subject), method, args, CALLER).catch(() => {});
  };

const deploy: Stage['ask'] = async (site, subject) => {
  const instance_info = {
    image_source: site.image_url,
    image_os_hash_algo: 'sha256',
    image_os_hash_value: site.sha256,
  };
  await verb('active', {}, { instance_info, deploy_interface: 'direct' })(site, subject);
};

/** As a user does it: the API copies the runbook's steps into the work. */
const runbook: Stage['ask'] = async (site, subject) => {
  const body = { target: 'clean', runbook: RUNBOOK };
  const { status } = await site.api.request('PUT', `/v1/nodes/${subject.uuid}/states/provision`, body);
  if (status !== 202) throw new Error(`The runbook was answered ${status}.`);
};

const allocation: Stage['ask'] = async (site, subject) => {
  const wanted = { resource_class: RESOURCE_CLASS, candidate_nodes: [subject.uuid] };
  await site.client.createAllocation(wanted, null, CALLER);
};

/** Raises a verb whose work waits, and what ends the wait. */
const during =
  (start: Stage['ask'], waits: ProvisionState, end: Verb): Stage['ask'] =>
  async (site, subject) => {
    await start(site, subject);
    void eventually(async () => {
      const node = await site.read(subject);
      if (node.provision_state !== waits || node.reservation !== null) throw new Error(node.provision_state);
      await site.client.provision(node, end, {}, CALLER);
    }, 60_000).catch(() => {});
  };

const steps = (...names: string[]): JsonObject[] =>
  names.map((name) => ({ interface: name.split('.')[0] ?? '', step: name.split('.')[1] ?? '' }));

const MANUAL = {
  clean_steps: steps('deploy.erase_devices_metadata', 'deploy.erase_devices', 'power.reboot'),
};
const OWN_ONLY = { disable_ramdisk: true };

/** The server never boots its ramdisk in this stretch. */
const withoutAgent =
  (ask: Stage['ask'], without: boolean): Stage['ask'] =>
  async (site, subject) => {
    subject.server.machine.agent_faults = without ? { never_boots: true } : {};
    await ask(site, subject);
  };

/** The life of a node, from its registration to where it could begin again: the last state leads to the first stretch. */
export const LIFE: readonly Stage[] = [
  {
    name: 'verify',
    state: 'manageable',
    ask: verb('manage', {}, { provision_state: 'enroll', target_provision_state: null, instance_info: {} }),
  },
  { name: 'inspect', state: 'manageable', ask: verb('inspect') },
  {
    name: 'clean by hand, own steps',
    state: 'manageable',
    ask: verb('clean', {
      clean_steps: steps('power.power_on', 'power.reboot', 'power.power_off'),
      ...OWN_ONLY,
    }),
  },
  { name: 'clean by a runbook', state: 'manageable', ask: runbook },
  {
    name: 'clean by hand, with a hold',
    state: 'manageable',
    ask: during(
      verb('clean', { clean_steps: steps('power.power_on', 'power.hold', 'power.power_off'), ...OWN_ONLY }),
      'clean hold',
      'unhold',
    ),
  },
  {
    name: 'adopt',
    state: 'active',
    ask: verb('adopt', {}, { instance_info: { image_source: 'http://127.0.0.1/i', image_checksum: 'x' } }),
  },
  {
    name: 'teardown and automated clean',
    state: 'available',
    ask: verb('deleted'),
    marks: { 'metadata erased': [1, 1], erased: [1, 1] },
  },
  {
    name: 'allocation',
    state: 'available',
    ask: allocation,
    until: ({ instance_uuid, allocation_uuid }) =>
      instance_uuid !== null && instance_uuid === allocation_uuid,
  },
  { name: 'deploy by direct', state: 'active', ask: deploy, marks: { 'image written': [1, 1] } },
  { name: 'power off', state: 'active', ask: power('power off') },
  { name: 'power on', state: 'active', ask: power('power on') },
  { name: 'reboot', state: 'active', ask: power('rebooting') },
  { name: 'soft reboot', state: 'active', ask: power('soft rebooting') },
  {
    name: 'reset, which must not run twice',
    state: 'active',
    ask: power('rebooting', { disable_power_off: true }),
    marks: { 'power command cycle': [0, 1], 'power command reset': [0, 1] },
    may_fail: true,
  },
  {
    name: 'NMI, which must not run twice',
    state: 'active',
    ask: call('inject_nmi', {}),
    marks: { 'power command nmi': [0, 1] },
    may_fail: true,
  },
  {
    name: 'raw bytes, which must not run twice',
    driver: 'ipmi',
    state: 'active',
    // Chassis Control, hard reset. IPMI v2.0 28.3
    ask: call('vendor_passthru', {
      method: 'send_raw',
      http_method: 'POST',
      data: { raw_bytes: '0x00 0x02 0x03' },
    }),
    marks: { 'power command reset': [0, 1] },
    may_fail: true,
  },
  {
    name: 'boot device',
    state: 'active',
    ask: call('set_boot_device', { boot_device: 'disk', persistent: true }),
  },
  {
    name: 'rescue',
    state: 'rescue',
    ask: verb('rescue', { rescue_password: 'let-me-in' }, { disable_power_off: false }),
  },
  { name: 'unrescue', state: 'active', ask: verb('unrescue') },
  {
    name: 'service',
    state: 'active',
    ask: verb('service', { service_steps: steps('power.reboot') }),
  },
  { name: 'rebuild', state: 'active', ask: verb('rebuild'), marks: { 'image written': [1, 1] } },
  {
    name: 'teardown',
    state: 'available',
    ask: verb('deleted'),
    until: ({ instance_uuid, allocation_uuid }) => instance_uuid === null && allocation_uuid === null,
  },
  {
    name: 'deploy by ramdisk',
    state: 'active',
    ask: async (site, subject) => {
      const instance_info = { kernel: `${site.image_url}/kernel`, ramdisk: `${site.image_url}/ramdisk` };
      await verb('active', {}, { instance_info, deploy_interface: 'ramdisk' })(site, subject);
    },
  },
  { name: 'teardown of a ramdisk', state: 'available', ask: verb('deleted') },
  { name: 'manage', state: 'manageable', ask: verb('manage', {}, { deploy_interface: 'direct' }) },
  {
    name: 'clean by hand, with the agent',
    state: 'manageable',
    ask: verb('clean', MANUAL),
    marks: { 'metadata erased': [1, 1], erased: [1, 1] },
  },
  {
    name: 'abort of a clean',
    state: 'clean failed',
    ask: withoutAgent(during(verb('provide'), 'clean wait', 'abort'), true),
  },
  { name: 'manage after an abort', state: 'manageable', ask: withoutAgent(verb('manage'), false) },
  {
    name: 'abort of an inspection',
    state: 'inspect failed',
    ask: withoutAgent(during(verb('inspect'), 'inspect wait', 'abort'), true),
  },
  { name: 'manage after that', state: 'manageable', ask: withoutAgent(verb('manage'), false) },
  {
    name: 'provide',
    state: 'available',
    ask: verb('provide'),
    marks: { 'metadata erased': [1, 1], erased: [1, 1] },
  },
  {
    name: 'abort of a deploy',
    state: 'deploy failed',
    ask: withoutAgent(during(deploy, 'wait call-back', 'abort'), true),
  },
  { name: 'teardown of what failed', state: 'available', ask: withoutAgent(verb('deleted'), false) },
];
