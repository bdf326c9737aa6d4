import { expect } from 'chai';
import { logIn } from '../../bin/demo/public-api.ts';
import { systemClock } from '../../config/system-clock.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { type Rack, startRack } from '../../rack/rack.ts';
import { type KuroganeRun, kurogane } from '../cli/kurogane-command.ts';
import { eventually } from '../services/eventually.ts';
import { type Deployment, startDeployment } from './deployment.ts';

const SERVERS = 100;
const AT_ONCE = 10;

describe('the life of servers by the kurogane command', function () {
  this.timeout(180_000);
  let deployment: Deployment;
  let rack: Rack;
  let operator: Record<string, string>;
  let tenant: Record<string, string>;

  before(async () => {
    deployment = await startDeployment({
      DEFAULT: { enabled_deploy_interfaces: ['direct', 'ramdisk', 'noop'] },
      conductor: { automated_clean: false, poll_interval: 1 },
    });
    rack = await startRack({ count: SERVERS, clock: systemClock, boot_url: () => deployment.boot_url });
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
    const names = rack.servers.map((_, n) => `server-${n}`);
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

  it('S71 takes one through maintenance and return to its disposal', async () => {
    const name = 'server-0';
    const machine = rack.servers[0]?.machine;
    const isSwitched = (power: string) =>
      eventually(async () => {
        expect(machine?.power).to.equal(power);
        expect((await did(tenant, 'server', 'show', name)).busy).to.equal(false);
      }, 60_000);
    const out_of_stage = await run(tenant, 'server', 'reboot', name);
    expect(out_of_stage.code, out_of_stage.stderr).to.equal(6);
    await did(tenant, 'server', 'enter-maintenance', name, '--reason', 'a new kernel');
    await did(tenant, 'server', 'power-on', name);
    await isSwitched('on');
    await did(tenant, 'server', 'power-off', name);
    await isSwitched('off');
    await did(tenant, 'server', 'leave-maintenance', name);
    const lease = await did(tenant, 'lease', 'create', name, '--lifetime-s', '600');
    expect(lease).to.deep.include({ state: 'active', role: 'operator' });
    await did(tenant, 'lease', 'revoke', name, String(lease.uuid));
    await did(operator, 'server', 'set', name, '--serial-number', 'SN-0', '--rack', 'A1');
    const early = await run(operator, 'server', 'dispose', name, '--confirm', 'SN-0');
    expect(early.code, early.stderr).to.equal(6);
    await did(tenant, 'server', 'return', name);
    await inStage(name, 'inventory');
    const hidden = await run(tenant, 'server', 'show', name);
    expect(hidden.code, hidden.stderr).to.equal(5);
    const { uuid } = await did(operator, 'server', 'show', name);
    const gone = await did(operator, 'server', 'dispose', name, '--confirm', 'SN-0', '--method', 'recycled');
    expect(gone).to.deep.include({ stage: 'disposed', serial_number: 'SN-0', disposed_by: 'operator' });
    expect(await did(operator, 'server', 'show', String(uuid))).to.deep.include({
      stage: 'disposed',
      rack: 'A1',
    });
    expect(await stages(operator)).to.deep.include({ disposed: 1, 'in-use': SERVERS - 1 });
  });
});
