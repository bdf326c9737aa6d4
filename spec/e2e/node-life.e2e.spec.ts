import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import { type Rack, type RackServer, startRack } from '../../rack/rack.ts';
import { eventually } from '../services/eventually.ts';
import { type IpmiSim, startIpmiSim } from '../services/ipmi-sim.ts';
import { run } from '../services/process.ts';
import { type Deployment, startDeployment } from './deployment.ts';
import { type OpenstackShell, startOpenstackShell } from './openstack-shell.ts';

/** Fields of `node show -f json` that these specs look at. */
interface ShownNode {
  uuid: string;
  provision_state: string;
  power_state: string | null;
  target_power_state: string | null;
  maintenance: boolean;
  maintenance_reason: string | null;
  last_error: string | null;
  driver_info: Record<string, unknown>;
  instance_info: Record<string, unknown>;
}

interface BmcLogin {
  address: string;
  port: number;
  username: string;
  password: string;
}

/** The power state as stock ipmitool reads it from the BMC. */
async function ipmitoolPower(bmc: BmcLogin): Promise<string> {
  const { code, stdout, stderr } = await run({
    command: 'ipmitool',
    args: [
      '-I',
      'lanplus',
      '-C',
      '3',
      '-H',
      bmc.address,
      '-p',
      `${bmc.port}`,
      '-U',
      bmc.username,
      '-E',
    ].concat(['chassis', 'power', 'status']),
    env: { PATH: process.env.PATH, IPMI_PASSWORD: bmc.password },
  });
  if (code !== 0) throw new Error(`ipmitool failed: ${stderr}`);
  return stdout.trim();
}

describe('the stock client, from BMC address to in service and back', function () {
  this.timeout(180_000);
  let deployment: Deployment;
  let shell: OpenstackShell;

  before(async () => {
    deployment = await startDeployment();
    shell = await startOpenstackShell(deployment.operator);
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
    await deployment?.[Symbol.asyncDispose]();
  });

  const show = async (node: string): Promise<ShownNode> => await shell.json(`baremetal node show ${node}`);

  /** Follows the node itself: the client's own --wait looks only every ten seconds. */
  async function reach(node: string, verb: string, wished: string): Promise<void> {
    await shell.do(`baremetal node ${verb} ${node}`);
    await eventually(async () => {
      const { provision_state, last_error } = await show(node);
      expect({ provision_state, last_error }).to.deep.equal({ provision_state: wished, last_error: null });
    });
  }

  /** The client does not wait for power actions: their end is in the node. */
  async function powerSettled(node: string, wished: string): Promise<void> {
    await eventually(async () => {
      const { power_state, target_power_state, last_error } = await show(node);
      expect({ power_state, target_power_state, last_error }).to.deep.equal({
        power_state: wished,
        target_power_state: null,
        last_error: null,
      });
    });
  }

  async function enroll(name: string, bmc: BmcLogin, mac: string, more: string): Promise<void> {
    const created = await shell.json<ShownNode>(
      `baremetal node create --driver ipmi --name ${name} --driver-info ipmi_address=${bmc.address}` +
        ` --driver-info ipmi_port=${bmc.port} --driver-info ipmi_username=${bmc.username}` +
        ` --driver-info ipmi_password=${bmc.password} ${more}`,
    );
    expect(created.provision_state).to.equal('enroll');
    expect(created.power_state).to.equal(null);
    expect(created.driver_info.ipmi_password).to.equal('******');
    const port = await shell.json<{ address: string; node_uuid: string }>(
      `baremetal port create ${mac} --node ${created.uuid}`,
    );
    expect(port).to.include({ address: mac, node_uuid: created.uuid });
  }

  async function maintenance(node: string): Promise<void> {
    await shell.do(`baremetal node maintenance set ${node} --reason fan-tray`);
    expect(await show(node)).to.include({ maintenance: true, maintenance_reason: 'fan-tray' });
    await shell.do(`baremetal node maintenance unset ${node}`);
    expect(await show(node)).to.include({ maintenance: false, maintenance_reason: null });
  }

  async function remove(node: string): Promise<void> {
    const { uuid } = await show(node);
    await shell.do(`baremetal node delete ${node}`);
    expect(await shell.fails(`baremetal node show ${node}`)).to.match(/could not be found/);
    expect(await shell.json(`baremetal port list --fields uuid node_uuid`)).to.not.deep.include({
      'Node UUID': uuid,
    });
  }

  describe('an ipmi_sim, deploy interface ramdisk', () => {
    let sim: IpmiSim;

    before(async () => {
      sim = await startIpmiSim();
    });
    after(async () => {
      await sim?.[Symbol.asyncDispose]();
    });

    const bmcSays = async (power: 'on' | 'off'): Promise<void> => {
      expect(await sim.power()).to.equal(power);
      expect(await ipmitoolPower(sim)).to.equal(`Chassis Power is ${power}`);
    };

    it('is created with a port', async () => {
      await enroll('sim', sim, '52:54:00:aa:00:01', '--deploy-interface ramdisk --no-automated-clean');
      await bmcSays('off');
    });

    it('is managed and provided', async () => {
      await reach('sim', 'manage', 'manageable');
      expect(await show('sim')).to.include({
        provision_state: 'manageable',
        power_state: 'power off',
        last_error: null,
      });
      await reach('sim', 'provide', 'available');
      expect(await show('sim')).to.include({ provision_state: 'available', power_state: 'power off' });
      await bmcSays('off');
    });

    it('is deployed: it boots the ramdisk of the instance from the network', async () => {
      await shell.do('baremetal node set sim --instance-info boot_iso=http://192.0.2.1/live.iso');
      await reach('sim', 'deploy', 'active');
      expect(await show('sim')).to.include({ provision_state: 'active', power_state: 'power on' });
      await bmcSays('on');
      expect(await sim.bootDevice()).to.equal('pxe');
      const script = await fetch(`${deployment.boot_url}/ipxe/?mac=52-54-00-aa-00-01`);
      expect(await script.text()).to.contain('sanboot http://192.0.2.1/live.iso');
    });

    it('is powered off, on and rebooted', async () => {
      await shell.do('baremetal node power off sim');
      await powerSettled('sim', 'power off');
      await bmcSays('off');
      await shell.do('baremetal node power on sim');
      await powerSettled('sim', 'power on');
      await bmcSays('on');
      await shell.do('baremetal node reboot sim');
      await powerSettled('sim', 'power on');
      await bmcSays('on');
    });

    it('takes a boot device', async () => {
      await shell.do('baremetal node boot device set sim disk');
      expect(await sim.bootDevice()).to.equal('default');
      expect(await shell.json('baremetal node boot device show sim')).to.include({ boot_device: 'disk' });
      await shell.do('baremetal node boot device set sim cdrom');
      expect(await sim.bootDevice()).to.equal('cdrom');
      expect(await shell.json('baremetal node boot device show sim')).to.include({ boot_device: 'cdrom' });
    });

    it('goes into maintenance and out of it', async () => {
      await maintenance('sim');
      await bmcSays('on');
    });

    it('is undeployed and deleted', async () => {
      await reach('sim', 'undeploy', 'available');
      expect(await show('sim')).to.deep.include({
        provision_state: 'available',
        power_state: 'power off',
        instance_info: {},
      });
      await bmcSays('off');
      await remove('sim');
      await bmcSays('off');
    });
  });

  describe('a server of the virtual rack, deploy interface direct', () => {
    let rack: Rack;

    before(async () => {
      rack = await startRack({ count: 1, clock: systemClock, boot_url: () => deployment.boot_url });
    });
    after(async () => {
      await rack?.[Symbol.asyncDispose]();
    });

    const server = (): RackServer => {
      const [first] = rack.servers;
      if (first === undefined) throw new Error('The rack is empty.');
      return first;
    };
    const login = (): BmcLogin => {
      const { bmc, username, password } = server();
      return { address: bmc.address, port: bmc.port, username, password };
    };
    const bmcSays = async (power: 'on' | 'off'): Promise<void> => {
      expect(server().machine.power).to.equal(power);
      expect(await ipmitoolPower(login())).to.equal(`Chassis Power is ${power}`);
    };
    /** How often something of that kind has begun to run on the server. */
    const began = (what: string): number =>
      server().machine.events.filter(({ event, detail }) => event === 'running' && detail === what).length;

    it('is created with a port, managed, cleaned by its agent and provided', async () => {
      const [mac = ''] = server().machine.identity.macs;
      await enroll('rack-0', login(), mac, '--property cpu_arch=x86_64');
      await reach('rack-0', 'manage', 'manageable');
      expect(await show('rack-0')).to.include({ provision_state: 'manageable', power_state: 'power off' });
      expect(began('agent')).to.equal(0);
      await reach('rack-0', 'provide', 'available');
      expect(await show('rack-0')).to.include({ provision_state: 'available', last_error: null });
      expect(began('agent')).to.equal(1);
      await bmcSays('off');
    });

    it('is deployed: it runs what the image says', async () => {
      const { url, sha256 } = deployment.image;
      await shell.do(
        `baremetal node set rack-0 --instance-info image_source=${url}` +
          ` --instance-info image_os_hash_algo=sha256 --instance-info image_os_hash_value=${sha256}`,
      );
      await shell.do('baremetal node deploy rack-0 --wait=60');
      expect(await show('rack-0')).to.include({
        provision_state: 'active',
        power_state: 'power on',
        last_error: null,
      });
      await server().machine.until(({ running }) => running.what === 'os');
      expect(server().machine.running).to.include({ what: 'os', sha256 });
      await bmcSays('on');
    });

    it('is powered off, on and rebooted', async () => {
      await shell.do('baremetal node power off rack-0');
      await powerSettled('rack-0', 'power off');
      await bmcSays('off');
      await shell.do('baremetal node power on rack-0');
      await powerSettled('rack-0', 'power on');
      await bmcSays('on');
      await server().machine.until(({ running }) => running.what === 'os');
      const boots = began('os');
      await shell.do('baremetal node reboot rack-0');
      await server().machine.until(() => began('os') === boots + 1);
      await powerSettled('rack-0', 'power on');
      await bmcSays('on');
    });

    it('takes a boot device, once and for good', async () => {
      await shell.do('baremetal node boot device set rack-0 pxe');
      expect(server().machine.boot_override).to.include({ device: 'pxe', persistent: false });
      expect(await shell.json('baremetal node boot device show rack-0')).to.include({
        boot_device: 'pxe',
        persistent: false,
      });
      await shell.do('baremetal node boot device set rack-0 disk --persistent');
      expect(server().machine.boot_override).to.include({ device: 'disk', persistent: true });
      expect(await shell.json('baremetal node boot device show rack-0')).to.include({
        boot_device: 'disk',
        persistent: true,
      });
    });

    it('goes into maintenance and out of it', async () => {
      await maintenance('rack-0');
      expect(server().machine.running.what).to.equal('os');
    });

    it('is undeployed: its disk is erased', async () => {
      await reach('rack-0', 'undeploy', 'available');
      expect(await show('rack-0')).to.deep.include({
        provision_state: 'available',
        power_state: 'power off',
        instance_info: {},
      });
      for (const disk of server().machine.disks) expect(await disk.contents()).to.equal(null);
      await bmcSays('off');
    });

    it('is deleted', async () => {
      await remove('rack-0');
    });
  });
});
