import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { logIn } from '../../bin/demo/public-api.ts';
import { systemClock } from '../../config/system-clock.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { type Rack, startRack } from '../../rack/rack.ts';
import { type KuroganeRun, kurogane } from '../cli/kurogane-command.ts';
import { eventually } from '../services/eventually.ts';
import { type TemporaryFolder, temporaryFolder } from '../services/temporary-folder.ts';
import { type Deployment, startDeployment } from './deployment.ts';
import { startOpenstackShell } from './openstack-shell.ts';

const SERVERS = 100;
const AT_ONCE = 10;

describe('the life of servers by the kurogane command', function () {
  this.timeout(180_000);
  let deployment: Deployment;
  let rack: Rack;
  let operator: Record<string, string>;
  let tenant: Record<string, string>;
  let keys: TemporaryFolder;

  before(async () => {
    keys = await temporaryFolder('kurogane-keys-');
    const key_file = join(keys.path, 'sign.key');
    const { stdout } = await kurogane(['certificates', 'make-key', '--key-file', key_file]);
    const [pem = ''] = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/.exec(stdout) ?? [];
    await writeFile(join(keys.path, 'public.pem'), pem);
    deployment = await startDeployment({
      certificates: { signing_key_file: key_file },
      DEFAULT: { enabled_deploy_interfaces: ['direct', 'ramdisk', 'noop'] },
      conductor: { automated_clean: false, poll_interval: 1 },
    });
    rack = await startRack({ count: SERVERS + 1, clock: systemClock, boot_url: () => deployment.boot_url });
    const { auth_url, username, password } = deployment.operator;
    const common = {
      OS_AUTH_URL: auth_url,
      OS_USER_DOMAIN_NAME: 'Default',
      OS_PROJECT_DOMAIN_NAME: 'Default',
    };
    operator = { ...common, OS_USERNAME: username, OS_PASSWORD: password, OS_SYSTEM_SCOPE: 'all' };
    const { tenant: account } = deployment;
    tenant = {
      ...{ ...common, OS_USERNAME: account.username, OS_PASSWORD: account.password },
      OS_PROJECT_NAME: 'team',
    };
    // Mounted, cabled and known: what the registration of new servers does.
    const api = await logIn(auth_url, { name: username, password, project: null });
    const names = rack.servers.slice(0, SERVERS).map((_, n) => `server-${n}`);
    await inTurns(names, async (name, n) => {
      const driver_info = rack.servers[n]?.driver_info;
      const body = { name, driver: 'ipmi', resource_class: 'gold', driver_info };
      await api.request('POST', '/v1/nodes', body);
      for (const [target, state] of [
        ['manage', 'manageable'],
        ['provide', 'available'],
      ]) {
        await api.request('PUT', `/v1/nodes/${name}/states/provision`, { target });
        await eventually(async () => {
          const node = await api.request<JsonObject>('GET', `/v1/nodes/${name}`);
          expect(node.last_error).to.equal(null);
          expect(node.provision_state).to.equal(state);
        }, 120_000);
      }
    });
  });
  after(async () => {
    await rack?.[Symbol.asyncDispose]();
    await deployment?.[Symbol.asyncDispose]();
    await keys?.remove();
  });

  async function inTurns(names: readonly string[], work: (name: string, n: number) => Promise<void>) {
    let next = 0;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let n = next++; n < names.length; n = next++) await work(names[n] ?? '', n);
      }),
    );
  }

  const run = (env: Record<string, string>, ...args: string[]): Promise<KuroganeRun> =>
    kurogane([...args, '-o', 'json'], { env });
  async function did(env: Record<string, string>, ...args: string[]): Promise<JsonObject> {
    const { code, stdout, stderr } = await run(env, ...args);
    expect(code, `${args.join(' ')}: ${stderr}`).to.equal(0);
    return stdout.trim() === '' ? {} : (JSON.parse(stdout) as JsonObject);
  }
  const stages = async (env: Record<string, string>): Promise<Record<string, number>> => {
    const counts = (await did(env, 'stage', 'counts')).stages as Record<string, { count: number }>;
    return Object.fromEntries(Object.entries(counts).map(([stage, { count }]) => [stage, count]));
  };
  const inState = (server: string, state: string): Promise<void> =>
    eventually(async () => {
      const shown = await did(operator, 'server', 'show', server);
      expect([shown.provision_state, shown.attention_reasons]).to.deep.equal([state, []]);
    }, 90_000);
  const inStage = (server: string, stage: string): Promise<JsonObject> =>
    eventually(async () => {
      const shown = await did(operator, 'server', 'show', server);
      expect(shown.stage, String(shown.provision_state)).to.equal(stage);
      return shown;
    }, 60_000);

  it(`S79 orders ${SERVERS} servers of a kind at once, and tells of each`, async () => {
    const stock = (await did(tenant, 'stock', 'show')).stock as JsonObject[];
    expect(stock.map(({ resource_class, count }) => [resource_class, count])).to.deep.equal([
      ['gold', SERVERS],
    ]);
    const args = ['order', 'create', '--flavor', 'gold', '--count', String(SERVERS), '--name', 'a hundred'];
    const order = await did(tenant, ...args, '--wait', '--timeout', '150');
    expect(order).to.deep.include({ state: 'done', progress: { done: SERVERS } });
    const servers = (order.servers as JsonObject[]).map(({ server_uuid }) => server_uuid);
    expect(new Set(servers).size).to.equal(SERVERS);
    expect(await stages(tenant)).to.deep.include({ 'in-use': SERVERS, inventory: 0 });
    expect(await did(tenant, 'stock', 'show')).to.deep.include({ total: 0 });
  });

  it('S59 S71 S110 takes one from the rack to its disposal, by the openstack and kurogane commands alone', async function () {
    // Some seventy processes, one after the other.
    this.timeout(420_000);
    const name = 'rack-a1-12';
    const box = rack.servers[SERVERS];
    if (box === undefined) throw new Error('The rack is too small.');
    const { machine } = box;
    const isSwitched = (power: string) =>
      eventually(async () => {
        expect(machine.power).to.equal(power);
        expect((await did(tenant, 'server', 'show', name)).busy).to.equal(false);
      }, 60_000);

    // Registration: mounted by hand, made known by the stock client, its facts by ours.
    await did(operator, 'work', 'create', '--kind', 'mount', '--place', 'A1/12', '--what', 'Mount and cable');
    await using openstack = await startOpenstackShell(deployment.operator);
    const info = Object.entries(box.driver_info).map(([key, value]) => `--driver-info ${key}=${value}`);
    const made = await openstack.json<{ uuid: string }>(
      `baremetal node create --driver ipmi --name ${name} --resource-class silver --automated-clean ${info.join(' ')}`,
    );
    const { uuid } = made;
    await openstack.do(`baremetal port create ${machine.identity.macs[0]} --node ${uuid}`);
    await did(
      operator,
      'server',
      'set',
      name,
      '--serial-number',
      'SN-12',
      '--rack',
      'A1',
      '--rack-unit',
      '12',
    );
    expect((await did(operator, 'server', 'show', name)).stage).to.equal('registration');
    await openstack.do(`baremetal node manage ${name}`);
    await inState(name, 'manageable');
    await did(operator, 'server', 'baseline', 'take', name);

    // Inventory, after the first cleaning.
    await openstack.do(`baremetal node provide ${name}`);
    await inState(name, 'available');
    await inStage(name, 'inventory');

    // Building, and in use.
    const order = ['order', 'create', '--flavor', 'silver', '--count', '1', '--wait', '--timeout', '120'];
    expect(await did(tenant, ...order)).to.deep.include({ state: 'done', progress: { done: 1 } });
    await inStage(name, 'in-use');
    const out_of_stage = await run(tenant, 'server', 'reboot', name);
    expect(out_of_stage.code, out_of_stage.stderr).to.equal(6);
    const lease = await did(tenant, 'lease', 'create', name, '--lifetime-s', '600');
    expect(lease).to.deep.include({ state: 'active', role: 'operator' });
    await did(tenant, 'lease', 'revoke', name, String(lease.uuid));

    // Maintenance, now and by a schedule.
    await did(tenant, 'server', 'enter-maintenance', name, '--reason', 'a new kernel');
    await did(tenant, 'server', 'power-on', name);
    await isSwitched('on');
    await did(tenant, 'server', 'power-off', name);
    await isSwitched('off');
    await did(tenant, 'server', 'leave-maintenance', name);
    const soon = new Date(Date.now() + 2000).toISOString();
    const night = ['schedule', 'create', '--tool', 'power-on', '--start-at', soon, '--window-s', '120'];
    const schedule = await did(tenant, ...night, '--servers', name);
    await eventually(async () => {
      const { state, runs } = await did(tenant, 'schedule', 'show', String(schedule.uuid));
      expect([state, (runs as JsonObject[]).map((one) => one.state)]).to.deep.equal(['done', ['done']]);
    }, 60_000);
    await isSwitched('on');

    // Deletion: erased, certified, and out of the customer's sight.
    const early = await run(operator, 'server', 'dispose', name, '--confirm', 'SN-12');
    expect(early.code, early.stderr).to.equal(6);
    await did(tenant, 'server', 'return', name, '--yes');
    await inState(name, 'available');
    await inStage(name, 'inventory');
    const hidden = await run(tenant, 'server', 'show', name);
    expect(hidden.code, hidden.stderr).to.equal(5);
    const listed = await did(tenant, 'certificate', 'list', '--server', uuid);
    const [certificate] = listed.certificates as JsonObject[];
    const shown = await run(tenant, 'certificate', 'show', String(certificate?.uuid));
    const file = join(keys.path, 'certificate.json');
    await writeFile(file, shown.stdout);
    const verified = await kurogane(['verify-certificate', file, '--key', join(keys.path, 'public.pem')]);
    expect(verified.code, verified.stderr).to.equal(0);

    // Retired, and disposed of.
    await openstack.do(`baremetal node manage ${name}`);
    await inState(name, 'manageable');
    await openstack.do(`baremetal node set ${name} --retired --retired-reason old`);
    const gone = await did(operator, 'server', 'dispose', name, '--confirm', 'SN-12', '--method', 'recycled');
    expect(gone).to.deep.include({ stage: 'disposed', serial_number: 'SN-12', disposed_by: 'operator' });
    expect(await did(operator, 'server', 'show', uuid)).to.deep.include({ stage: 'disposed', rack: 'A1' });
    expect((await stages(operator)).disposed).to.equal(1);
    const kept = await did(operator, 'certificate', 'list', '--server', uuid);
    expect(kept.certificates).to.have.lengthOf.at.least(1);
  });
});
