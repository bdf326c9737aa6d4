import { X509Certificate } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import type { Machine } from '../../rack/machine.ts';
import { type Rack, startRack } from '../../rack/rack.ts';
import { eventually } from '../contract/driver-bench.ts';
import {
  callAgent,
  type Heartbeat,
  offerAgent,
  offerImage,
  runCommand,
  type ServiceStandIn,
  startServiceStandIn,
} from './service-stand-in.ts';

describe('rack/agent', () => {
  let service: ServiceStandIn;
  let rack: Rack;
  let machine: Machine;

  beforeEach(async () => {
    service = await startServiceStandIn();
    rack = await startRack({
      count: 1,
      clock: systemClock,
      boot_url: () => service.url,
      time_scale: 0.001,
      delays_ms: { soft_off: 1 },
    });
    const [server] = rack.servers;
    if (server === undefined) throw new Error('no server');
    machine = server.machine;
    offerAgent(service, machine.identity.uuid);
  });
  afterEach(async () => {
    await rack[Symbol.asyncDispose]();
    await service[Symbol.asyncDispose]();
  });

  const boot = async (): Promise<Heartbeat> => {
    machine.command('on');
    return await service.heartbeat(1);
  };

  describe('to the service', () => {
    it('looks itself up by its addresses and heartbeats with its token and certificate', async () => {
      const { uuid, version, body } = await boot();
      expect(service.requests).to.include(
        `GET /v1/lookup?addresses=${encodeURIComponent(machine.identity.macs.join(','))}`,
      );
      expect([uuid, version, body.agent_token]).to.deep.equal([service.node_uuid, '1.68', service.token]);
      expect(body.callback_url).to.match(/^https:\/\/127\.0\.0\.1:\d+$/);
      expect(new X509Certificate(body.agent_verify_ca).checkIP('127.0.0.1')).to.equal('127.0.0.1');
      expect(machine.running.what).to.equal('agent');
    });

    it('keeps asking until the service knows it', async () => {
      service.lookup_statuses.push(404, 409, 500);
      await boot();
      expect(service.requests.filter((each) => each.includes('/v1/lookup'))).to.have.length(4);
    });

    it('heartbeats again and again, and after errors too', async () => {
      service.heartbeat_timeout_s = 1;
      service.heartbeat_statuses.push(409, 500, 200);
      await boot();
      await service.heartbeat(6);
    });

    it('ends when the token was issued to another', async () => {
      service.token = '******';
      machine.command('on');
      await machine.until(({ events }) => events.some(({ event }) => event === 'agent ended'));
      expect(service.heartbeats).to.deep.equal([]);
    });

    it('sends the hardware first when the kernel line asks for an inspection', async () => {
      offerAgent(
        service,
        machine.identity.uuid,
        `ipa-inspection-callback-url=${service.url}/v1/continue_inspection`,
      );
      await boot();
      const [data] = service.inspections as { inventory: { interfaces: { mac_address: string }[] } }[];
      expect(data?.inventory.interfaces.map(({ mac_address }) => mac_address)).to.deep.equal(
        machine.identity.macs,
      );
      expect(data).to.include.keys('root_disk', 'boot_interface', 'configuration', 'error');
      expect(service.requests.find((each) => each.includes('lookup'))).to.include(
        `node_uuid=${service.node_uuid}`,
      );
    });

    it('stops with the power', async () => {
      const heartbeat = await boot();
      machine.command('off');
      await eventually(
        () => callAgent(heartbeat, 'GET', '/').then(String, (error: { code: string }) => error.code),
        (answer) => answer === 'ECONNREFUSED',
      );
    });
  });

  describe('its API', () => {
    it('refuses a wrong token and none', async () => {
      const heartbeat = await boot();
      for (const query of ['?agent_token=wrong', '']) {
        expect((await callAgent(heartbeat, 'GET', `/v1/commands/${query}`)).status).to.equal(401);
        expect((await callAgent(heartbeat, 'POST', `/v1/commands/${query}`, {})).status).to.equal(401);
      }
    });

    it('runs one command at a time: 409 for another', async () => {
      machine.agent_faults = { hangs: ['erase_devices'] };
      const heartbeat = await boot();
      const path = `/v1/commands/?wait=false&agent_token=${service.token}`;
      const first = await callAgent(heartbeat, 'POST', path, {
        name: 'clean.execute_clean_step',
        params: { step: { step: 'erase_devices', interface: 'deploy' }, node: {}, ports: [] },
      });
      expect([first.status, first.body.command_status]).to.deep.equal([200, 'RUNNING']);
      const second = await callAgent(heartbeat, 'POST', path, { name: 'standby.sync', params: {} });
      expect(second.status).to.equal(409);
      expect(second.body.faultstring).to.equal('Agent is busy: executing command execute_clean_step');
      const { body } = await callAgent(heartbeat, 'GET', path);
      expect(body.commands.map((each) => [each.command_name, each.command_status])).to.deep.equal([
        ['execute_clean_step', 'RUNNING'],
      ]);
    });

    for (const [what, body, status] of [
      ['no params', { name: 'standby.sync' }, 400],
      ['no extension', { name: 'sync', params: {} }, 400],
      ['an unknown extension', { name: 'nope.sync', params: {} }, 404],
      ['an unknown command', { name: 'standby.nope', params: {} }, 400],
      [
        'an image without checksum',
        { name: 'standby.prepare_image', params: { image_info: { id: 'i', urls: ['u'] } } },
        400,
      ],
    ] as const)
      it(`answers ${status} for ${what}`, async () => {
        const heartbeat = await boot();
        const reply = await callAgent(heartbeat, 'POST', `/v1/commands/?agent_token=${service.token}`, body);
        expect(reply.status).to.equal(status);
        expect(reply.body).to.have.property('faultstring');
      });

    it('heartbeats at once when an asynchronous command ended', async () => {
      // Its own interval would be days.
      service.heartbeat_timeout_s = 1e9;
      const heartbeat = await boot();
      await runCommand(service, heartbeat, 'image.install_bootloader');
      await service.heartbeat(2);
    });
  });

  describe('cleaning', () => {
    const step = (name: string) => ({ step: { step: name, interface: 'deploy' }, node: {}, ports: [] });

    it('lists its steps with the priorities of the real agent', async () => {
      const { body } = await runCommand(service, await boot(), 'clean.get_clean_steps', {
        node: {},
        ports: [],
      });
      const { clean_steps } = body.command_result as {
        clean_steps: Record<string, { step: string; priority: number }[]>;
      };
      const priorities = Object.values(clean_steps)
        .flat()
        .map(({ step: name, priority }) => [name, priority]);
      expect(priorities).to.deep.include.members([
        ['erase_devices', 10],
        ['erase_devices_metadata', 99],
      ]);
    });

    it('really wipes the disk', async () => {
      const heartbeat = await boot();
      const { image_info } = offerImage(service, 100_000);
      await runCommand(service, heartbeat, 'standby.prepare_image', { image_info });
      expect(machine.disks[0]?.empty).to.equal(false);
      const { body } = await runCommand(
        service,
        heartbeat,
        'clean.execute_clean_step',
        step('erase_devices'),
      );
      expect(body.command_result).to.deep.equal({
        clean_result: null,
        clean_step: { step: 'erase_devices', interface: 'deploy' },
      });
      expect(machine.disks[0]?.empty).to.equal(true);
    });

    it('says VERSION_MISMATCH to a version that is not its own', async () => {
      const { body } = await runCommand(service, await boot(), 'clean.execute_clean_step', {
        ...step('erase_devices'),
        clean_version: { generic_hardware_manager: '0.1' },
      });
      expect(body.command_status).to.equal('VERSION_MISMATCH');
    });

    it('fails a step as told, with the words that it was told', async () => {
      machine.agent_faults = { fails: { erase_devices: 'The disk is on fire.' } };
      const { body } = await runCommand(
        service,
        await boot(),
        'clean.execute_clean_step',
        step('erase_devices'),
      );
      expect([body.command_status, body.command_error?.type, body.command_error?.details]).to.deep.equal([
        'FAILED',
        'CleaningError',
        'The disk is on fire.',
      ]);
    });
  });

  describe('deploying', () => {
    it('writes the image and the config drive, and the server then boots them', async () => {
      const heartbeat = await boot();
      const { image_info, sha256 } = offerImage(service, 3_000_000);
      const configdrive = gzipSync('the config drive').toString('base64');
      const { body } = await runCommand(service, heartbeat, 'standby.prepare_image', {
        image_info,
        configdrive,
      });
      expect(body.command_status, JSON.stringify(body.command_error)).to.equal('SUCCEEDED');
      expect(body.command_result)
        .to.have.property('result')
        .that.includes('image (image-1) written to device');
      for (const command of ['image.install_bootloader', 'standby.sync', 'standby.power_off'])
        expect((await runCommand(service, heartbeat, command)).body.command_status).to.equal('SUCCEEDED');
      await machine.until(({ power }) => power === 'off');
      machine.boot_override = { device: 'disk', persistent: true, mode: 'uefi' };
      machine.command('on');
      await machine.until(({ running }) => running.what === 'os');
      expect(machine.running).to.deep.equal({
        what: 'os',
        sha256,
        bytes: 3_000_000,
        configdrive: Buffer.from('the config drive'),
      });
    });

    it('takes a checksum from a file of checksums', async () => {
      const heartbeat = await boot();
      const { sha256 } = offerImage(service, 1000);
      service.files.set('/SHA256SUMS', `${'0'.repeat(64)}  other\n${sha256}  image\n`);
      const image_info = {
        id: 'i',
        urls: [`${service.url}/nowhere`, `${service.url}/image`],
        disk_format: 'raw',
        checksum: `${service.url}/SHA256SUMS`,
      };
      const { body } = await runCommand(service, heartbeat, 'standby.prepare_image', { image_info });
      expect(body.command_status, JSON.stringify(body.command_error)).to.equal('SUCCEEDED');
    });

    for (const [what, change, faults, type] of [
      ['a wrong checksum', { os_hash_value: '0'.repeat(128) }, {}, 'ImageChecksumError'],
      ['a corrupted download', {}, { corrupts_image: true }, 'ImageChecksumError'],
      ['an image that is not there', { urls: ['http://127.0.0.1:1/x'] }, {}, 'ImageDownloadError'],
      ['a hash that nobody knows', { os_hash_algo: 'crc7' }, {}, 'ImageDownloadError'],
      ['a format that it cannot write', { disk_format: 'qcow2' }, {}, 'ImageWriteError'],
    ] as const)
      it(`fails for ${what}`, async () => {
        machine.agent_faults = faults;
        const heartbeat = await boot();
        const { image_info } = offerImage(service, 1000);
        const { body } = await runCommand(service, heartbeat, 'standby.prepare_image', {
          image_info: { ...image_info, ...change },
        });
        expect([body.command_status, body.command_error?.type]).to.deep.equal(['FAILED', type]);
      });

    it('fails for a config drive that is none', async () => {
      const heartbeat = await boot();
      const { image_info } = offerImage(service, 1000);
      const { body } = await runCommand(service, heartbeat, 'standby.prepare_image', {
        image_info,
        configdrive: 'not gzip',
      });
      expect(body.command_error?.type).to.equal('InstanceDeployFailure');
    });
  });

  it('leaves a rescue system behind', async () => {
    const heartbeat = await boot();
    await runCommand(service, heartbeat, 'rescue.finalize_rescue', { rescue_password: 'h4sh', hashed: true });
    await machine.until(({ running }) => running.what === 'rescue');
    expect(machine.running).to.deep.equal({ what: 'rescue', password_hash: 'h4sh' });
  });

  describe('faults', () => {
    it('never shows up', async () => {
      machine.agent_faults = { never_boots: true };
      machine.command('on');
      await machine.until(({ running }) => running.what === 'agent');
      machine.command('off');
      await machine.until(({ power }) => power === 'off');
      expect(service.requests.some((each) => each.includes('lookup'))).to.equal(false);
    });

    it('says that it is another, with another token', async () => {
      machine.agent_faults = { claims_uuid: 'someone-else', token: 'forged' };
      const { uuid, body } = await boot();
      expect([uuid, body.agent_token]).to.deep.equal(['someone-else', 'forged']);
    });
  });
});
