import { eventually } from '../services/eventually.ts';
import type { OpenstackAccount } from './openstack-shell.ts';

/** A refusal, as Nova tells them apart: by status. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What Nova gave up, in the words of its own exceptions. */
export class DeployFailure extends Error {}

/** Nova's fields of a node (virt/ironic/driver.py, `_NODE_FIELDS`). */
const FIELDS =
  'uuid,power_state,target_power_state,provision_state,target_provision_state,last_error,maintenance,properties,instance_uuid,traits,resource_class';

export interface IronicNode {
  uuid: string;
  power_state: string | null;
  target_power_state: string | null;
  provision_state: string | null;
  target_provision_state: string | null;
  last_error: string | null;
  maintenance: boolean;
  properties: Record<string, unknown>;
  instance_uuid: string | null;
  traits: string[];
  resource_class: string | null;
}

export interface Instance {
  uuid: string;
  node: string;
  image: Record<string, string>;
  vifs: readonly string[];
  volumes: readonly { volume_id: string; boot_index: number }[];
}

/** States in which the destruction of an instance asks for the node's tear-down. */
const UNPROVISION = [
  'active',
  'deploy failed',
  'error',
  'wait call-back',
  'deploying',
  'deploy hold',
  'rescue',
  'rescuing',
  'rescue wait',
  'rescue failed',
  'unrescuing',
  'unrescue failed',
];
const UNPROVISIONED = [null, 'cleaning', 'clean wait', 'clean failed', 'available'];

/** The highest versions that Nova's SDK asks for, by the resource in the path. */
const VERSIONS = { nodes: '1.109', ports: '1.101', volume: '1.32' } as const;

/** The calls of Nova's Ironic driver, in its order and with its rules for conflicts. Disposes of nothing. */
export async function scriptedNova(account: OpenstackAccount, endpoint: string) {
  const token = await logIn(account);

  /** One request, never repeated. @throws Refused */
  async function once<T>(method: string, path: string, body?: unknown): Promise<T> {
    const resource = path.split(/[/?]/)[1] ?? '';
    const version = VERSIONS[resource as keyof typeof VERSIONS] ?? '1.46';
    const reply = await fetch(`${endpoint}/v1${path}`, {
      method,
      headers: {
        'x-auth-token': token,
        'content-type': 'application/json',
        'openstack-api-version': `baremetal ${version}`,
        'x-openstack-ironic-api-version': version,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Refused(reply.status, `${method} ${path}: ${reply.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** As the SDK repeats most requests: while the node is busy (409) or the service is (503). */
  async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const outcome = await eventually(async () => {
      try {
        return { reply: await once<T>(method, path, body) };
      } catch (error) {
        if (error instanceof Refused && (error.status === 409 || error.status === 503)) throw error;
        return { error };
      }
    });
    if ('error' in outcome) throw outcome.error;
    return outcome.reply;
  }

  async function byInstance(instance: Instance): Promise<IronicNode | null> {
    const query = `/nodes?instance_uuid=${instance.uuid}&fields=${FIELDS}`;
    return (await request<{ nodes: IronicNode[] }>('GET', query)).nodes[0] ?? null;
  }

  /** Follows the node by its instance until `done`. */
  async function follow(instance: Instance, done: (node: IronicNode | null) => boolean) {
    return await eventually(async () => {
      const node = await byInstance(instance);
      if (!done(node)) throw new Error(`The node stays in ${node?.provision_state}: ${node?.last_error}`);
      return node;
    }, 60_000);
  }

  async function waitForActive(instance: Instance): Promise<void> {
    const node = await follow(
      instance,
      (seen) =>
        seen === null || ['active', 'deploy failed', 'available', null].includes(seen.provision_state),
    );
    if (node?.provision_state === 'deploy failed') throw new DeployFailure(node.last_error ?? '');
    if (node?.provision_state !== 'active') throw new DeployFailure('The instance is gone.');
  }

  /** The new value of the whole field as the SDK sends it: a patch of what differs. */
  async function removeInstanceInfo(node: string): Promise<void> {
    const { instance_info } = await request<{ instance_info: object }>('GET', `/nodes/${node}`);
    await request('PATCH', `/nodes/${node}`, [
      { op: 'replace', path: '/instance_uuid', value: null },
      ...Object.keys(instance_info).map((key) => ({ op: 'remove', path: `/instance_info/${key}` })),
    ]);
  }

  async function cleanUpVolumes(instance: Instance): Promise<void> {
    const { targets } = await request<{ targets: { uuid: string }[] }>(
      'GET',
      `/volume/targets?node=${instance.node}&detail=True`,
    );
    for (const { uuid } of targets) await request('DELETE', `/volume/targets/${uuid}`);
  }

  async function unplugVifs(instance: Instance): Promise<void> {
    for (const vif of instance.vifs)
      try {
        await request('DELETE', `/nodes/${instance.node}/vifs/${vif}`);
      } catch (error) {
        // 400: it is not attached any more.
        if (!(error instanceof Refused) || error.status !== 400) throw error;
      }
  }

  async function cleanUpDeploy(instance: Instance): Promise<void> {
    await cleanUpVolumes(instance);
    await unplugVifs(instance);
    await removeInstanceInfo(instance.node);
  }

  async function fill(instance: Instance, more: Record<string, unknown> = {}): Promise<void> {
    const info = {
      ...instance.image,
      root_gb: '10',
      swap_mb: '0',
      display_name: 'server-1',
      vcpus: '4',
      nova_host_id: 'compute-1',
      memory_mb: '4096',
      local_gb: '0',
      project_id: 'p',
      project_name: 'p',
      user_id: 'u',
      user_name: 'u',
      flavor_name: 'large',
      fixed_ips: '[]',
      floating_ips: '[]',
      ...more,
    };
    const patch = Object.entries(info).map(([key, value]) => ({
      op: 'add',
      path: `/instance_info/${key}`,
      value,
    }));
    await request('PATCH', `/nodes/${instance.node}`, patch);
  }

  async function power(instance: Instance, body: { target: string; timeout?: number }): Promise<IronicNode> {
    await request('PUT', `/nodes/${instance.node}/states/power`, body);
    const node = await follow(instance, (seen) => seen !== null && seen.target_power_state === null);
    if (node === null) throw new Error('The instance is gone.');
    return node;
  }

  return {
    once,
    request,
    byInstance,
    fill,
    cleanUpDeploy,

    async nodes(): Promise<IronicNode[]> {
      return (await request<{ nodes: IronicNode[] }>('GET', `/nodes?fields=${FIELDS}`)).nodes;
    },

    /** @throws Refused 409 when another instance has the node: Nova then looks for another one, so it never repeats this. */
    async reserve(instance: Instance): Promise<void> {
      await once('PATCH', `/nodes/${instance.node}`, [
        { op: 'replace', path: '/instance_uuid', value: instance.uuid },
      ]);
    },

    async plugVifs(instance: Instance): Promise<void> {
      for (const id of instance.vifs)
        try {
          await once('POST', `/nodes/${instance.node}/vifs`, { id });
        } catch (error) {
          // 409: attached already.
          if (!(error instanceof Refused) || error.status !== 409) throw error;
        }
    },

    /** @throws DeployFailure after cleaning up when the node does not validate, or when its deploy failed. */
    async spawn(instance: Instance, configdrive: string): Promise<void> {
      const capabilities = JSON.stringify({ boot_option: 'local' });
      await fill(instance, { capabilities, traits: ['CUSTOM_FAST'] });
      for (const { volume_id, boot_index } of instance.volumes)
        await request('POST', '/volume/targets', {
          node_uuid: instance.node,
          volume_type: 'iscsi',
          properties: { target_lun: 1 },
          boot_index,
          volume_id,
        });
      const checks = await request<Record<string, { result: boolean; reason?: string }>>(
        'GET',
        `/nodes/${instance.node}/validate`,
      );
      const failed = ['deploy', 'power', 'storage'].filter((name) => checks[name]?.result !== true);
      if (failed.length > 0) {
        await cleanUpDeploy(instance);
        throw new DeployFailure(failed.map((name) => `${name}: ${checks[name]?.reason}`).join());
      }
      const body = { target: 'active', configdrive };
      await request('PUT', `/nodes/${instance.node}/states/provision`, body);
      await waitForActive(instance);
    },

    async rebuild(instance: Instance, configdrive: string): Promise<void> {
      await fill(instance, { preserve_ephemeral: 'False' });
      const body = { target: 'rebuild', configdrive };
      await request('PUT', `/nodes/${instance.node}/states/provision`, body);
      await waitForActive(instance);
    },

    async rescue(instance: Instance, rescue_password: string): Promise<void> {
      const body = { target: 'rescue', rescue_password };
      await request('PUT', `/nodes/${instance.node}/states/provision`, body);
      const node = await follow(instance, (seen) => /^rescue( failed)?$/.test(seen?.provision_state ?? ''));
      if (node?.provision_state !== 'rescue') throw new DeployFailure(node?.last_error ?? '');
    },

    async unrescue(instance: Instance): Promise<void> {
      await request('PUT', `/nodes/${instance.node}/states/provision`, { target: 'unrescue' });
      const node = await follow(instance, (seen) =>
        /^(active|unrescue failed)$/.test(seen?.provision_state ?? ''),
      );
      if (node?.provision_state !== 'active') throw new DeployFailure(node?.last_error ?? '');
    },

    /** Softly first; hard when that is refused or did not help within `timeout_s`. Resolves with how it went off. */
    async powerOff(instance: Instance, timeout_s: number): Promise<'soft' | 'hard'> {
      try {
        const node = await power(instance, { target: 'soft power off', timeout: timeout_s });
        if (node.power_state === 'power off') return 'soft';
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
      await power(instance, { target: 'power off' });
      return 'hard';
    },

    async powerOn(instance: Instance): Promise<void> {
      await power(instance, { target: 'power on' });
    },

    async reboot(instance: Instance): Promise<void> {
      await power(instance, { target: 'rebooting' });
    },

    /** Resolves at once when there is no such instance. */
    async destroy(instance: Instance): Promise<void> {
      const node = await byInstance(instance);
      if (node === null) return;
      if (!UNPROVISION.includes(node.provision_state ?? '')) return await cleanUpDeploy(instance);
      await request('PUT', `/nodes/${instance.node}/states/provision`, { target: 'deleted' });
      await follow(instance, (seen) => seen === null || UNPROVISIONED.includes(seen.provision_state));
    },
  };
}

async function logIn(account: OpenstackAccount): Promise<string> {
  const domain = { name: 'Default' };
  const { username: name, password } = account;
  const reply = await fetch(`${account.auth_url}/auth/tokens?nocatalog`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: { methods: ['password'], password: { user: { name, domain, password } } },
        scope: { project: { name: account.project_name, domain } },
      },
    }),
  });
  const token = reply.headers.get('x-subject-token');
  if (token === null) throw new Error(`${name} cannot log in: ${reply.status}`);
  return token;
}
