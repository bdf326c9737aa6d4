import { expect } from 'chai';
import { heartbeat } from '../../conductor/periodic/heartbeat.ts';
import { orphanedReservations } from '../../conductor/periodic/orphaned-reservations.ts';
import type { Periodic } from '../../conductor/periodic/periodic.ts';
import { powerFailureRecovery } from '../../conductor/periodic/power-failure-recovery.ts';
import { powerSync } from '../../conductor/periodic/power-sync.ts';
import { systemClock } from '../../config/system-clock.ts';
import type { Driver } from '../../drivers/contract.ts';
import { createFakeDriver } from '../../drivers/fake/driver.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { PowerTarget } from '../../lifecycle/power.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { eventually } from '../services/eventually.ts';
import { fasterClock } from '../soak/faster-clock.ts';
import { CALLER, type ConductorBench, SILENT, startConductorBench } from './conductor-bench.ts';

describe('power on request', () => {
  let bench: ConductorBench;
  beforeEach(async () => {
    bench = await startConductorBench({ conductor: { soft_power_off_timeout: 0.2 } });
    await bench.start();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const set = async (node: Pick<NodeRecord, 'uuid'>, target: PowerTarget) => {
    await bench.client.power(await bench.read(node), target, null, CALLER);
    return eventually(async () => {
      const now = await bench.read(node);
      expect(now.target_power_state).to.equal(null);
      expect(now.reservation).to.equal(null);
      return now;
    });
  };
  const commands = () => [...bench.servers.values()].flatMap((server) => server.power_commands);

  it('goes on, off and around', async () => {
    const node = await bench.node({ provision_state: 'active' });
    expect((await set(node, 'power on')).power_state).to.equal('power on');
    expect((await set(node, 'rebooting')).power_state).to.equal('power on');
    expect((await set(node, 'soft power off')).power_state).to.equal('power off');
    expect((await set(node, 'soft rebooting')).power_state).to.equal('power on');
    expect((await set(node, 'power off')).power_state).to.equal('power off');
    expect(commands()).to.deep.equal([
      ...['power on', 'power off', 'power on', 'soft power off', 'power on', 'power off'],
    ]);
  });

  it('asks nothing of a server that is there already, and forgets the last error', async () => {
    const node = await bench.node({ provision_state: 'active', last_error: 'old' });
    const now = await set(node, 'power off');
    expect(now).to.include({ power_state: 'power off', last_error: null });
    expect(commands()).to.deep.equal([]);
  });

  it('resets a node that may not be powered off, and refuses to power it off', async () => {
    const node = await bench.node({ provision_state: 'active', disable_power_off: true });
    await set(node, 'rebooting');
    expect(commands()).to.deep.equal(['rebooting']);
    const off = await bench.client.power(await bench.read(node), 'power off', null, CALLER).then(
      () => null,
      (error: { code: string }) => error.code,
    );
    expect(off).to.equal('Conflict');
  });

  it('is refused while cleaning', async () => {
    for (const provision_state of ['cleaning', 'clean wait'] as const) {
      const node = await bench.node({ provision_state });
      const refused = await bench.client.power(node, 'power on', null, CALLER).catch((error) => error.code);
      expect(refused).to.equal('InvalidStateRequested');
    }
  });

  it('says why it failed, in the node and in its history', async () => {
    const node = await bench.node({
      provision_state: 'active',
      driver_info: { fake_power_failure: 'unauthorized' },
    });
    const failed = await set(node, 'power on');
    expect(failed.power_state).to.equal('error');
    expect(failed.last_error).to.match(/Check the user name and password/);
    const history = await bench.store.history.list(node.uuid);
    expect(history.map(({ severity, event }) => ({ severity, event }))).to.deep.equal([
      { severity: 'ERROR', event: failed.last_error },
    ]);
  });
});

describe('the power synchronisation', () => {
  let bench: ConductorBench;
  let pass: () => Promise<void> = async () => {};
  let recover: () => Promise<void> = async () => {};

  /** Takes the tasks' runs out of the conductor, to make them one by one. */
  const captured = (task: Periodic, keep: (run: () => Promise<void>) => void): Periodic => ({
    ...task,
    interval_s: () => 3600,
    start: (ctx) => {
      const run = task.start(ctx);
      keep(run);
      return run;
    },
  });

  async function start(force = true, driver?: Driver): Promise<void> {
    bench = await startConductorBench(
      { conductor: { force_power_state_during_sync: force } },
      driver === undefined ? {} : { driver },
    );
    await bench.start('conductor-1', {
      periodics: [
        captured(powerSync, (run) => {
          pass = run;
        }),
        captured(powerFailureRecovery, (run) => {
          recover = run;
        }),
      ],
    });
  }
  afterEach(() => bench[Symbol.asyncDispose]());

  const BROKEN: JsonObject = { fake_power_failure: 'busy' };

  it('records the power state of a node that has none', async () => {
    await start();
    const node = await bench.node({ provision_state: 'manageable' });
    await pass();
    expect((await bench.read(node)).power_state).to.equal('power off');
  });

  it('forgets the last error of a healthy node', async () => {
    await start();
    const node = await bench.node({ provision_state: 'active', power_state: 'power off', last_error: 'old' });
    await pass();
    expect((await bench.read(node)).last_error).to.equal(null);
  });

  it('drives a server back to the recorded state', async () => {
    await start();
    const node = await bench.node({ provision_state: 'active', power_state: 'power on' });
    await pass();
    await eventually(() => expect([...bench.servers.values()][0]?.power).to.equal('power on'));
    const now = await eventually(async () => {
      const read = await bench.read(node);
      expect(read.reservation).to.equal(null);
      return read;
    });
    expect(now).to.include({ power_state: 'power on', maintenance: false, target_power_state: null });
  });

  /** The fake driver; every reading of the power is what `tell` makes of it. */
  function lying(
    tell: (truth: 'power on' | 'power off', reading: number) => 'power on' | 'power off',
  ): Driver {
    const driver: Driver = createFakeDriver({ clock: systemClock, log: SILENT }, new Map());
    let readings = 0;
    return {
      ...driver,
      connect: async (info, options) => {
        const connection = await driver.connect(info, options);
        const get: typeof connection.power.get = async (call) =>
          tell(await connection.power.get(call), readings++);
        return { ...connection, power: { ...connection.power, get } };
      },
    };
  }
  const otherThan = (state: 'power on' | 'power off') => (state === 'power on' ? 'power off' : 'power on');

  for (const force of [true, false])
    for (const [what, lies] of [
      ['lies once', (reading: number) => reading === 0],
      ['flaps', (reading: number) => reading % 2 === 0],
    ] as const)
      it(`leaves a server alone whose BMC ${what}${force ? '' : ', and records nothing'}`, async () => {
        await start(
          force,
          lying((truth, reading) => (lies(reading) ? otherThan(truth) : truth)),
        );
        const node = await bench.node({ provision_state: 'active', power_state: 'power off' });
        await pass();
        expect(await bench.read(node)).to.include({ power_state: 'power off', reservation: null });
        expect(await bench.store.jobs.list()).to.deep.equal([]);
      });

  it('records what the server does when it is told not to force', async () => {
    await start(false);
    const node = await bench.node({ provision_state: 'active', power_state: 'power on' });
    await pass();
    expect((await bench.read(node)).power_state).to.equal('power off');
  });

  it('gives up after three tries, and takes the node back when its BMC answers again', async () => {
    await start();
    const node = await bench.node({
      provision_state: 'active',
      power_state: 'power on',
      driver_info: BROKEN,
    });
    for (let i = 0; i < 3; i++) {
      await pass();
      expect((await bench.read(node)).maintenance).to.equal(false);
    }
    await pass();
    const failed = await bench.read(node);
    expect(failed).to.include({ maintenance: true, fault: 'power failure', power_state: null });
    expect(failed.maintenance_reason).to.equal(failed.last_error);
    await recover();
    expect((await bench.read(node)).maintenance).to.equal(true);
    await bench.store.nodes.update(node.uuid, { driver_info: {} });
    await recover();
    expect(await bench.read(node)).to.include({
      maintenance: false,
      maintenance_reason: null,
      fault: null,
      power_state: 'power off',
    });
  });

  it('does not touch maintenance that an operator set', async () => {
    await start();
    const node = await bench.node({ provision_state: 'active', maintenance: true, power_state: 'power on' });
    await pass();
    await recover();
    expect(await bench.read(node)).to.include({ maintenance: true, power_state: 'power on' });
  });

  it('leaves nodes alone that wait, are held, or are on their way', async () => {
    await start();
    const left: Partial<NodeRecord>[] = [
      { provision_state: 'enroll' },
      { provision_state: 'wait call-back' },
      { provision_state: 'clean wait' },
      { provision_state: 'adopt failed' },
      { provision_state: 'active', reservation: 'somebody' },
      { provision_state: 'active', target_power_state: 'power on' },
    ];
    const nodes = await Promise.all(left.map((fields) => bench.node({ ...fields, last_error: 'kept' })));
    await pass();
    for (const node of nodes)
      expect(await bench.read(node)).to.include({ power_state: null, last_error: 'kept' });
  });

  for (const [what, step, left] of [
    ['keeps its hands off a node whose firmware is written', 'firmware.update', true],
    ['keeps its hands off the older step for firmware', 'management.update_firmware', true],
    ['looks after a node that waits for something else', 'deploy.wait', false],
  ] as const)
    it(what, async () => {
      await start();
      const node = await bench.node({ provision_state: 'service wait', power_state: 'power on' });
      await waitingIn(node.uuid, step);
      const pushed = await bench.node({ provision_state: 'service wait', power_state: 'power on' });
      await pass();
      const power = (node_uuid: string) => bench.store.jobs.list({ where: { node_uuid, kind: 'power' } });
      expect(await power(node.uuid)).to.have.lengthOf(left ? 0 : 1);
      expect(await power(pushed.uuid)).to.have.lengthOf(1);
    });

  /** Leaves a job that waits in a step, as a conductor does. */
  async function waitingIn(node_uuid: string, name: string): Promise<void> {
    const [interface_ = '', step = ''] = name.split('.');
    const conductor_group = 'elsewhere';
    const planned = { interface: interface_, step, args: {}, priority: 0, abortable: false, in_band: false };
    const { id } = await bench.store.jobs.insert({
      ...{ kind: 'service', node_uuid, conductor_group, exclusive: true, args: {}, steps: [planned] },
    });
    const claim = { claimed_by: 'c', conductor_group, lease_ms: 60_000, limit: 1, id };
    const [claimed] = await bench.store.jobs.claim(claim);
    const { fencing_token = 0 } = claimed?.job ?? {};
    const waits = { state: 'waiting' as const, wait_for: 'heartbeat' as const };
    await bench.store.jobs.update({ job_id: id, claimed_by: 'c', fencing_token }, waits);
  }

  it('leaves nodes to the conductor that the ring gives them to', async () => {
    await start();
    await bench.start('conductor-2');
    const nodes = await Promise.all(
      Array.from({ length: 20 }, () => bench.node({ provision_state: 'active' })),
    );
    const hosts = nodes.map(await bench.client.conductorFinder());
    await pass();
    for (const [index, node] of nodes.entries()) {
      const own = hosts[index] === 'conductor-1';
      expect((await bench.read(node)).power_state).to.equal(own ? 'power off' : null);
    }
    expect(new Set(hosts).size).to.equal(2);
  });

  it('looks after the nodes of a conductor that died, once it is believed dead', async () => {
    bench = await startConductorBench({ conductor: { heartbeat_timeout: 0.5 } });
    let beat: () => Promise<void> = async () => {};
    let ahead_ms = 0;
    await bench.start('conductor-1', {
      // Who lives is asked for anew every quarter of a minute.
      clock: { ...systemClock, monotonic: () => systemClock.monotonic() + ahead_ms },
      periodics: [
        captured(powerSync, (run) => {
          pass = run;
        }),
        captured(heartbeat, (run) => {
          beat = run;
        }),
      ],
    });
    const dead = await bench.start('conductor-2');
    const nodes = await Promise.all(
      Array.from({ length: 20 }, () => bench.node({ provision_state: 'active' })),
    );
    const theirs = nodes.map(await bench.client.conductorFinder()).filter((host) => host === 'conductor-2');
    expect(theirs).to.not.have.length(0);
    dead.halt();
    await eventually(async () => {
      await beat();
      const alive = await bench.store.conductors.listAlive(500);
      expect(alive.map(({ hostname }) => hostname)).to.deep.equal(['conductor-1']);
    });
    ahead_ms = 60_000;
    await beat();
    await pass();
    for (const node of nodes) expect((await bench.read(node)).power_state).to.equal('power off');
  });
});

describe('the sweep of orphaned reservations', () => {
  let bench: ConductorBench;
  let sweep: () => Promise<void> = async () => {};
  afterEach(() => bench[Symbol.asyncDispose]());

  /** @param rate how much faster than the machine's clock time passes */
  async function start(rate: number): Promise<void> {
    const time = { rate, since_ms: Date.now() };
    bench = await startConductorBench({ conductor: { heartbeat_timeout: 86_400 } }, { time });
    const captured: Periodic = {
      ...orphanedReservations,
      interval_s: () => 1e6,
      start: (ctx) => {
        sweep = orphanedReservations.start(ctx);
        return sweep;
      },
    };
    const conductor = await bench.start('conductor-1', { clock: fasterClock(time), periodics: [captured] });
    // The sweep goes on; no job is claimed.
    conductor.halt();
  }

  it('leaves a fresh reservation of the API alone', async () => {
    await start(1);
    const node = await bench.node({ reservation: 'api-1' });
    await sweep();
    expect((await bench.read(node)).reservation).to.equal('api-1');
  });

  it('frees what an API process held when it died', async () => {
    await start(1000);
    const node = await bench.node({ reservation: 'api-1' });
    await eventually(async () => {
      await sweep();
      expect((await bench.read(node)).reservation).to.equal(null);
    });
  });

  it('leaves a node whose work was broken to the conductor that may still command it', async () => {
    await start(1000);
    const node = await bench.node();
    const { id } = await bench.store.jobs.insert({
      ...{ kind: 'power', node_uuid: node.uuid, conductor_group: 'elsewhere', exclusive: true, args: {} },
    });
    const claim = { claimed_by: 'c', conductor_group: 'elsewhere', lease_ms: 1e9, limit: 1, id };
    const [claimed] = await bench.store.jobs.claim(claim);
    const { fencing_token = 0 } = claimed?.job ?? {};
    await bench.store.nodes.update(node.uuid, { reservation: 'c', reservation_job_id: id });
    expect(await bench.store.jobs.revoke(id, fencing_token, 'broken')).to.equal(true);
    const free = await bench.node({ reservation: 'api-1' });
    await eventually(async () => {
      await sweep();
      expect((await bench.read(free)).reservation).to.equal(null);
    });
    expect((await bench.read(node)).reservation).to.equal('c');
    await bench.store.jobs.left({ job_id: id, claimed_by: 'c', fencing_token });
    await sweep();
    expect((await bench.read(node)).reservation).to.equal(null);
  });
});
