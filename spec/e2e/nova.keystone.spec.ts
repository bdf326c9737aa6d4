import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { logIn, type PublicApi } from '../../bin/demo/public-api.ts';
import { systemClock } from '../../config/system-clock.ts';
import { type Rack, type RackServer, startRack } from '../../rack/rack.ts';
import { eventually } from '../services/eventually.ts';
import { type KeystoneDeployment, startKeystoneDeployment } from './keystone-deployment.ts';
import { DeployFailure, type Instance, Refused, scriptedNova } from './scripted-nova.ts';

const CONFIGDRIVE = gzipSync(Buffer.alloc(4096, 'drive')).toString('base64');

describe('a scripted Nova, with the role service of a real Keystone', function () {
  this.timeout(120_000);
  let deployment: KeystoneDeployment;
  let rack: Rack;
  let operator: PublicApi;
  let nova: Awaited<ReturnType<typeof scriptedNova>>;
  let node: string;
  let spare: string;

  before(async () => {
    deployment = await startKeystoneDeployment();
    const { service } = deployment;
    rack = await startRack({
      count: 1,
      clock: systemClock,
      boot_url: () => service.boot_url,
      // Longer than Nova waits for it; the agent too goes off so slowly at the end of each deploy.
      delays_ms: { soft_off: 4_000 },
    });
    const { auth_url, username, password } = deployment.operator;
    operator = await logIn(auth_url, { name: username, password, project: null });
    nova = await scriptedNova(deployment.nova, service.api_url);
    node = await enroll('real', {
      driver: 'ipmi',
      driver_info: server().driver_info,
      rescue_interface: 'agent',
      network_interface: 'flat',
      storage_interface: 'noop',
    });
    await operator.request('POST', '/v1/ports', {
      node_uuid: node,
      address: server().machine.identity.macs[0],
    });
    spare = await enroll('spare', { driver: 'fake-hardware' });
    for (const target of ['manage', 'provide']) await provision(target);
  });
  after(async () => {
    await rack?.[Symbol.asyncDispose]();
    await deployment?.[Symbol.asyncDispose]();
  });

  function server(): RackServer {
    const [first] = rack.servers;
    if (first === undefined) throw new Error('The rack is empty.');
    return first;
  }

  async function enroll(name: string, fields: object): Promise<string> {
    const made = await operator.request<{ uuid: string }>('POST', '/v1/nodes', {
      name,
      resource_class: 'baremetal.large',
      ...fields,
    });
    await operator.request('PUT', `/v1/nodes/${made.uuid}/traits/CUSTOM_FAST`);
    return made.uuid;
  }

  async function provision(target: string): Promise<void> {
    await operator.request('PUT', `/v1/nodes/${node}/states/provision`, { target });
    await rests(target === 'manage' ? 'manageable' : 'available');
  }

  async function rests(provision_state: string): Promise<Record<string, unknown>> {
    return await eventually(async () => {
      const view = await operator.request<Record<string, unknown>>('GET', `/v1/nodes/${node}`);
      expect(view, String(view.last_error)).to.include({ provision_state, reservation: null });
      return view;
    }, 60_000);
  }

  function newInstance(more: Partial<Instance> = {}): Instance {
    const { url, sha256 } = deployment.service.image;
    return {
      uuid: randomUUID(),
      node,
      // By URL, with the hash that Nova would leave to Glance.
      image: { image_source: url, image_os_hash_algo: 'sha256', image_os_hash_value: sha256 },
      vifs: [randomUUID()],
      volumes: [],
      ...more,
    };
  }

  async function refusal(call: Promise<unknown>): Promise<number> {
    try {
      await call;
    } catch (error) {
      if (error instanceof Refused) return error.status;
      throw error;
    }
    throw new Error('It was not refused.');
  }

  async function failure(call: Promise<unknown>): Promise<string> {
    try {
      await call;
    } catch (error) {
      if (error instanceof DeployFailure) return error.message;
      throw error;
    }
    throw new Error('It did not fail.');
  }

  it('sees the nodes: one is free, one has no power state yet', async () => {
    const nodes = await nova.nodes();
    expect(nodes.find(({ uuid }) => uuid === node)).to.deep.include({
      provision_state: 'available',
      power_state: 'power off',
      instance_uuid: null,
      maintenance: false,
      traits: ['CUSTOM_FAST'],
      resource_class: 'baremetal.large',
    });
    expect(nodes.find(({ uuid }) => uuid === spare)).to.include({ power_state: null });
  });

  describe('an instance that does not come to be', () => {
    it('is refused a node that another has, and a second node', async () => {
      const [first, second] = [newInstance(), newInstance()];
      await nova.reserve(first);
      expect(await refusal(nova.reserve(second))).to.equal(409);
      expect(await refusal(nova.reserve({ ...first, node: spare }))).to.equal(409);
      expect((await nova.byInstance(first))?.uuid).to.equal(node);
      expect(await nova.byInstance(second)).to.equal(null);
      await nova.destroy(first);
      expect(await nova.byInstance(first)).to.equal(null);
    });

    it('is refused more VIFs than ports, and leaves none behind', async () => {
      const instance = newInstance({ vifs: [randomUUID(), randomUUID()] });
      await nova.reserve(instance);
      expect(await refusal(nova.plugVifs(instance))).to.equal(400);
      const [vif] = instance.vifs;
      const vifs = `/nodes/${node}/vifs`;
      expect(await refusal(nova.once('POST', vifs, { id: vif }))).to.equal(409);
      expect(await nova.once('GET', vifs)).to.deep.equal({ vifs: [{ id: vif }] });
      await nova.destroy(instance);
      expect(await nova.once('GET', vifs)).to.deep.equal({ vifs: [] });
      expect(await refusal(nova.once('DELETE', `${vifs}/${vif}`))).to.equal(400);
    });

    it('is refused two volumes of one boot index', async () => {
      const volumes = [0, 0].map((boot_index, i) => ({ volume_id: `vol-${i}`, boot_index }));
      const [volume] = volumes;
      const body = { node_uuid: node, volume_type: 'iscsi', properties: {}, ...volume };
      await nova.once('POST', '/volume/targets', body);
      expect(await refusal(nova.once('POST', '/volume/targets', body))).to.equal(409);
      await nova.cleanUpDeploy(newInstance());
      expect(await nova.once('GET', '/volume/targets')).to.deep.include({ targets: [] });
    });

    it('is told by the validation what is wrong, and is cleaned up', async () => {
      const instance = newInstance({ image: {}, volumes: [{ volume_id: 'vol-9', boot_index: 1 }] });
      await nova.reserve(instance);
      await nova.plugVifs(instance);
      expect(await failure(nova.spawn(instance, CONFIGDRIVE))).to.match(/deploy: .*image_source/);
      expect(await nova.byInstance(instance)).to.equal(null);
      const { instance_info } = await rests('available');
      expect(instance_info).to.deep.equal({});
      expect(await nova.once('GET', '/volume/targets')).to.deep.include({ targets: [] });
    });

    it('learns why its deploy failed, and destroys what there is', async () => {
      const wrong = '0'.repeat(64);
      const image = { ...newInstance().image, image_os_hash_value: wrong };
      const instance = newInstance({ image });
      await nova.reserve(instance);
      await nova.plugVifs(instance);
      expect(await failure(nova.spawn(instance, CONFIGDRIVE))).to.contain(wrong);
      await nova.destroy(instance);
      await rests('available');
      expect(await nova.byInstance(instance)).to.equal(null);
    });
  });

  describe('an instance', () => {
    let instance: Instance;
    const runs = async (what: string): Promise<void> => {
      await server().machine.until(({ running }) => running.what === what);
    };

    before(() => {
      instance = newInstance({ volumes: [{ volume_id: 'vol-1', boot_index: 1 }] });
    });

    it('is spawned', async () => {
      await nova.reserve(instance);
      await nova.plugVifs(instance);
      await nova.spawn(instance, CONFIGDRIVE);
      expect(await nova.byInstance(instance)).to.deep.include({
        uuid: node,
        provision_state: 'active',
        power_state: 'power on',
        last_error: null,
      });
      await runs('os');
      expect(server().machine.running).to.include({ sha256: deployment.service.image.sha256 });
    });

    it('keeps its node from others', async () => {
      expect(await refusal(nova.reserve(newInstance()))).to.equal(409);
    });

    it('goes off hard when it does not listen, on, and round', async () => {
      expect(await nova.powerOff(instance, 1)).to.equal('hard');
      expect(server().machine.power).to.equal('off');
      await nova.powerOn(instance);
      await runs('os');
      await nova.reboot(instance);
      await runs('os');
      expect(await nova.byInstance(instance)).to.include({ power_state: 'power on' });
    });

    it('is rescued, and comes back', async () => {
      await nova.rescue(instance, 'letmein');
      await runs('rescue');
      await nova.unrescue(instance);
      await runs('os');
    });

    it('is rebuilt', async () => {
      await nova.rebuild(instance, CONFIGDRIVE);
      expect(await nova.byInstance(instance)).to.include({ provision_state: 'active', last_error: null });
      await runs('os');
    });

    it('is destroyed: its node is cleaned and free for the next', async () => {
      await nova.destroy(instance);
      const { instance_info, instance_uuid } = await rests('available');
      expect({ instance_info, instance_uuid }).to.deep.equal({ instance_info: {}, instance_uuid: null });
      expect(await nova.once('GET', `/nodes/${node}/vifs`)).to.deep.equal({ vifs: [] });
      expect(await nova.once('GET', '/volume/targets')).to.deep.include({ targets: [] });
      for (const disk of server().machine.disks) expect(await disk.contents()).to.equal(null);
      await nova.destroy(instance);
    });
  });
});
