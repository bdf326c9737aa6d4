import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { quoted } from '../openstack-shell.ts';
import { advance, createNode, readNode, type Stage } from './stage.ts';

type Row = Record<string, unknown>;

/** Chassis, deploy templates, allocations, and many resources from one file. */
export function schedulingCommands(stage: Stage): void {
  const { command } = stage;
  const chassis = randomUUID();
  const STEP = { interface: 'bios', step: 'apply_configuration', args: { settings: [] }, priority: 150 };

  command('chassis create', async () => {
    await stage.shell.json(`baremetal chassis create --uuid ${chassis} --description rack-1 --extra a=b`);
    expect(await stage.api.request('GET', `/v1/chassis/${chassis}`)).to.deep.include({
      description: 'rack-1',
      extra: { a: 'b' },
    });
  });

  command('chassis list', async () => {
    const rows = await stage.shell.json<Row[]>('baremetal chassis list');
    expect(rows).to.deep.equal([{ UUID: chassis, Description: 'rack-1' }]);
    const long = await stage.shell.json<Row[]>('baremetal chassis list --long');
    expect(long[0]).to.deep.include({ Extra: { a: 'b' } });
  });

  command('chassis show', async () => {
    const shown = await stage.shell.json(`baremetal chassis show ${chassis} --fields description`);
    expect(shown).to.deep.equal({ description: 'rack-1' });
  });

  command('chassis set', async () => {
    await stage.shell.do(`baremetal chassis set ${chassis} --description rack-2 --extra c=d`);
    expect(await stage.api.request('GET', `/v1/chassis/${chassis}`)).to.deep.include({
      description: 'rack-2',
      extra: { a: 'b', c: 'd' },
    });
  });

  command('chassis unset', async () => {
    await stage.shell.do(`baremetal chassis unset ${chassis} --description --extra a`);
    expect(await stage.api.request('GET', `/v1/chassis/${chassis}`)).to.deep.include({ extra: { c: 'd' } });
  });

  command('chassis delete', async () => {
    await stage.shell.do(`baremetal chassis delete ${chassis}`);
    expect(await stage.shell.fails(`baremetal chassis show ${chassis}`)).to.match(/HTTP 404/);
  });

  command('deploy template create', async () => {
    const made = await stage.shell.json(
      `baremetal deploy template create CUSTOM_T --steps ${quoted(JSON.stringify([STEP]))} --extra a=b`,
    );
    expect(made).to.deep.include({ name: 'CUSTOM_T', steps: [STEP], extra: { a: 'b' } });
    expect(await stage.shell.fails('baremetal deploy template create CUSTOM_U --steps []')).to.match(/step/i);
  });

  command('deploy template list', async () => {
    const rows = await stage.shell.json<Row[]>('baremetal deploy template list');
    expect(rows.map(({ Name }) => Name)).to.deep.equal(['CUSTOM_T']);
    const long = await stage.shell.json<Row[]>('baremetal deploy template list --long');
    expect(long[0]).to.deep.include({ Steps: [STEP] });
  });

  command('deploy template show', async () => {
    const shown = await stage.shell.json('baremetal deploy template show CUSTOM_T --fields name extra');
    expect(shown).to.deep.equal({ name: 'CUSTOM_T', extra: { a: 'b' } });
  });

  command('deploy template set', async () => {
    const steps = [{ ...STEP, priority: 20 }];
    await stage.shell.do(
      `baremetal deploy template set CUSTOM_T --name CUSTOM_V --steps ${quoted(JSON.stringify(steps))} --extra c=d`,
    );
    expect(await stage.api.request('GET', '/v1/deploy_templates/CUSTOM_V')).to.deep.include({
      steps,
      extra: { a: 'b', c: 'd' },
    });
  });

  command('deploy template unset', async () => {
    await stage.shell.do('baremetal deploy template unset CUSTOM_V --extra a');
    expect(await stage.api.request('GET', '/v1/deploy_templates/CUSTOM_V')).to.deep.include({
      extra: { c: 'd' },
    });
  });

  command('deploy template delete', async () => {
    await stage.shell.do('baremetal deploy template delete CUSTOM_V');
    expect(await stage.shell.fails('baremetal deploy template show CUSTOM_V')).to.match(/HTTP 404/);
  });

  command('create', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kurogane-resources-'));
    try {
      const file = join(folder, 'resources.json');
      const node = { name: 'from-file', driver: 'fake-hardware', ports: [{ address: '52:54:00:00:03:01' }] };
      await writeFile(file, JSON.stringify({ chassis: [{ description: 'file', nodes: [node] }] }));
      await stage.shell.do(`baremetal create ${file}`);
    } finally {
      await rm(folder, { recursive: true });
    }
    const { uuid, chassis_uuid } = await readNode(stage, 'from-file');
    const { ports } = await stage.api.request<{ ports: Row[] }>('GET', `/v1/nodes/${uuid}/ports`);
    expect(ports.map(({ address }) => address)).to.deep.equal(['52:54:00:00:03:01']);
    expect(await stage.api.request('GET', `/v1/chassis/${chassis_uuid}`)).to.include({ description: 'file' });
  });

  describe('an allocation', () => {
    before(async () => {
      await createNode(stage, 'free', { resource_class: 'big', automated_clean: false });
      await stage.api.request('PUT', '/v1/nodes/free/traits/CUSTOM_FAST');
      await advance(stage, 'free', [
        ['manage', 'manageable'],
        ['provide', 'available'],
      ]);
    });

    command('allocation create', async () => {
      const made = await stage.shell.json(
        'baremetal allocation create --name claim --resource-class big --trait CUSTOM_FAST --candidate-node free' +
          ' --extra a=b --wait=60',
      );
      const { uuid, instance_uuid, allocation_uuid } = await readNode(stage, 'free');
      expect(made).to.deep.include({ name: 'claim', state: 'active', node_uuid: uuid, extra: { a: 'b' } });
      expect({ instance_uuid, allocation_uuid }).to.deep.equal({
        instance_uuid: made.uuid,
        allocation_uuid: made.uuid,
      });
      const none = 'baremetal allocation create --name vain --resource-class nonsense --wait=60';
      expect(await stage.shell.fails(none)).to.match(/nonsense/);
    });

    command('allocation list', async () => {
      const rows = await stage.shell.json<Row[]>('baremetal allocation list --state active');
      expect(rows.map(({ Name }) => Name)).to.deep.equal(['claim']);
      const long = await stage.shell.json<Row[]>(
        'baremetal allocation list --long --resource-class nonsense',
      );
      expect(long[0]?.State).to.equal('error');
      expect(long[0]?.['Last Error']).to.match(/nonsense/);
    });

    command('allocation show', async () => {
      const shown = await stage.shell.json('baremetal allocation show claim --fields name traits');
      expect(shown).to.deep.equal({ name: 'claim', traits: ['CUSTOM_FAST'] });
    });

    command('allocation set', async () => {
      await stage.shell.do('baremetal allocation set claim --name mine --extra c=d');
      expect(await stage.api.request('GET', '/v1/allocations/mine')).to.deep.include({
        extra: { a: 'b', c: 'd' },
      });
    });

    command('allocation unset', async () => {
      await stage.shell.do('baremetal allocation unset mine --extra a');
      expect(await stage.api.request('GET', '/v1/allocations/mine')).to.deep.include({ extra: { c: 'd' } });
    });

    command('allocation delete', async () => {
      await stage.shell.do('baremetal allocation delete mine vain');
      expect(await stage.shell.json('baremetal allocation list')).to.deep.equal([]);
      expect(await readNode(stage, 'free')).to.include({ instance_uuid: null, allocation_uuid: null });
    });
  });
}
