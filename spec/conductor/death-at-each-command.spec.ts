import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import type { Driver } from '../../drivers/contract.ts';
import { NETFN } from '../../drivers/ipmi/commands/command.ts';
import { createIpmiDriver } from '../../drivers/ipmi/driver.ts';
import { createRedfishDriver } from '../../drivers/redfish/driver.ts';
import { createDriverRegistry } from '../../drivers/registry.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { Machine } from '../../rack/machine.ts';
import { startRack } from '../../rack/rack.ts';
import { recordingContext } from '../contract/driver-bench.ts';
import { QUICK_OPTIONS as IPMI_OPTIONS } from '../drivers/ipmi/ipmi-options.ts';
import { QUICK_OPTIONS, quickRack } from '../drivers/redfish/redfish-bench.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

/** A server whose BMC says which commands come, as they come. */
interface Target extends AsyncDisposable {
  driver_info: JsonObject;
  interfaces: Partial<NodeRecord>;
  machine: Machine;
  /** @param hear is told whether the command changes something */
  listen(hear: ((changes: boolean) => void) | null): void;
  /** Administrators that may log in: name → password. */
  administrators(): Record<string, string>;
  resets(): number;
}

const IPMI_CHANGES: Readonly<Record<number, readonly number[]>> = {
  [NETFN.chassis]: [0x02, 0x08],
  [NETFN.app]: [0x02, 0x03, 0x43, 0x45, 0x47],
};

const TARGETS: Readonly<Record<string, () => Promise<Target>>> = {
  ipmi: async () => {
    const rack = await startRack({ count: 1, clock: systemClock, password: 'first-s3cret' });
    const [server] = rack.servers;
    if (server === undefined) throw new Error('no server');
    const { bmc, machine, driver_info } = server;
    return {
      ...{ driver_info, machine },
      interfaces: { management_interface: 'ipmitool', power_interface: 'ipmitool' },
      listen: (hear) => {
        bmc.asked = [];
        bmc.asked.push = ({ netfn, cmd }) => {
          hear?.(IPMI_CHANGES[netfn]?.includes(cmd) === true);
          return 0;
        };
      },
      administrators: () =>
        Object.fromEntries(
          bmc.users
            .filter(({ name, privilege, enabled }) => name !== '' && privilege === 4 && enabled !== false)
            .map(({ name, password }) => [name, password]),
        ),
      resets: () => machine.events.filter(({ event }) => event === 'bmc reset').length,
      [Symbol.asyncDispose]: () => rack[Symbol.asyncDispose](),
    };
  },
  redfish: async () => {
    const rack = await quickRack({ count: 1 });
    const { machine, redfish } = rack.server(0);
    return {
      machine,
      driver_info: rack.driver_info(0),
      interfaces: { management_interface: 'redfish', power_interface: 'redfish' },
      listen: (hear) => {
        redfish.requests.push = ({ method, path }) => {
          hear?.(method !== 'GET' && !path.includes('/Sessions'));
          return 0;
        };
      },
      administrators: () =>
        Object.fromEntries(
          redfish.state.accounts.accounts
            .filter(({ role, enabled }) => role === 'Administrator' && enabled)
            .map(({ name, password }) => [name, password]),
        ),
      resets: () => machine.events.filter(({ event }) => event === 'bmc reset').length,
      [Symbol.asyncDispose]: () => rack[Symbol.asyncDispose](),
    };
  },
};

function driverOf(kind: string): Driver {
  const { context } = recordingContext();
  return kind === 'ipmi'
    ? createIpmiDriver(context, { ...IPMI_OPTIONS, command_timeout: 150 })
    : createRedfishDriver(context, QUICK_OPTIONS);
}

const step = (name: string, args: JsonObject = {}): JsonObject => ({
  interface: 'management',
  step: name,
  args,
});

/** What is ordered, and what has to be true at the end, wherever the conductor died. */
const ORDERS: Readonly<
  Record<
    string,
    {
      order(bench: ConductorBench, node: NodeRecord): Promise<void>;
      holds(node: NodeRecord, target: Target): void;
    }
  >
> = {
  'a reboot': {
    order: (bench, node) => bench.client.power(node, 'rebooting', null, CALLER),
    holds: (node, { machine }) => {
      expect([node.power_state, node.last_error, machine.power]).to.deep.equal(['power on', null, 'on']);
    },
  },
  'a reset where the power may not go off': {
    order: async (bench, node) => {
      await bench.store.nodes.update(node.uuid, { disable_power_off: true });
      await bench.client.power(await bench.read(node), 'rebooting', null, CALLER);
    },
    holds: (node, { machine }) => {
      expect(machine.reboots, 'resets').to.be.at.most(1);
      if (node.last_error === null) expect([machine.power, machine.reboots]).to.deep.equal(['on', 1]);
      else expect(node.last_error).to.contain('whether it took effect is not known');
    },
  },
  'users, the own password and a restart of the BMC': {
    order: (bench, node) => {
      const accounts = { watcher: { password: 'w4tcher-s3cret', role: 'administrator' } };
      const service_steps = [
        step('set_bmc_accounts', { accounts }),
        step('set_bmc_credentials', { password: 'second-s3cret' }),
        step('reset_bmc', { kind: 'cold' }),
      ];
      return bench.client.provision(node, 'service', { service_steps }, CALLER);
    },
    holds: (node, target) => {
      expect([node.provision_state, node.last_error]).to.deep.equal(['active', null]);
      expect(target.administrators()).to.deep.equal({ admin: 'second-s3cret', watcher: 'w4tcher-s3cret' });
      // Twice does no harm, and not at all would be no restart.
      expect(target.resets()).to.be.within(1, 2);
    },
  },
};

function startBench(kind: string): Promise<ConductorBench> {
  return startConductorBench(
    {
      DEFAULT: { enabled_hardware_types: [kind] },
      conductor: {
        ...{ lease_timeout: 0.3, poll_interval: 0.05, node_locked_retry_interval: 0.05 },
        ...{ hardware_step_poll_interval: 0.05, hardware_step_timeout: 10 },
      },
    },
    { driver: driverOf(kind) },
  );
}

/** Carries an order out while the conductor dies at its `at`-th command. Resolves with what each command was. */
async function dieAt(bench: ConductorBench, kind: string, name: string, at: number): Promise<boolean[]> {
  const { order, holds } = ORDERS[name] ?? {};
  const start = TARGETS[kind];
  if (order === undefined || holds === undefined || start === undefined) throw new Error('no such row');
  await using target = await start();
  target.machine.forcePower('on');
  // Sessions and sockets are a process's own.
  await using drivers = createDriverRegistry([driverOf(kind)]);
  await using first = await bench.start('conductor-1', { drivers });
  const node = await bench.node({
    ...{ driver: kind, driver_info: target.driver_info, provision_state: 'active', deploy_interface: 'noop' },
    ...target.interfaces,
  });
  const commands: boolean[] = [];
  const died = new Promise<void>((resolve) => {
    target.listen((changes) => {
      commands.push(changes);
      if (commands.length !== at) return;
      target.listen(null);
      first.halt();
      resolve();
    });
  });
  await order(bench, node);
  const over = eventually(async () => {
    const now = await bench.read(node);
    expect(now.reservation).to.equal(null);
    expect(now.target_power_state).to.equal(null);
    expect(['active', 'service failed']).to.include(now.provision_state);
    return now;
  }, 40_000);
  over.catch(() => undefined);
  // A conductor under load asks less often than the one whose commands were counted.
  await Promise.race([died, over]);
  expectWayIn(await bench.read(node), target, `at command ${at}`);
  await using _second = await bench.start('conductor-2');
  const ended = await over;
  expectWayIn(ended, target, `after a death at command ${at}`);
  holds(ended, target);
  return commands;
}

function expectWayIn({ driver, driver_info }: NodeRecord, target: Target, when: string): void {
  const { [`${driver}_username`]: username, [`${driver}_password`]: password } = driver_info;
  expect(target.administrators()[String(username)], `the way in, ${when}`).to.equal(password);
}

/** Services at once, so that waits for leases that end are spent together. */
const AT_ONCE = 4;

describe('a conductor that dies at a command to a BMC', function () {
  this.timeout(60_000);
  for (const kind of Object.keys(TARGETS))
    for (const name of Object.keys(ORDERS))
      it(`${kind}, ${name}: another one carries it out, and the way in is never lost`, async () => {
        await using bench = await startBench(kind);
        const commands = await dieAt(bench, kind, name, Number.POSITIVE_INFINITY);
        // Between two changes the BMC is as it was: each change is a place to die of its own, and the first command of all.
        const places = [1, ...commands.flatMap((changes, i) => (changes ? [i + 1] : []))];
        expect(places.length).to.be.above(1);
        const dieInTurn = async (own: ConductorBench): Promise<void> => {
          for (let at = places.shift(); at !== undefined; at = places.shift())
            await dieAt(own, kind, name, at);
        };
        const others = Array.from({ length: AT_ONCE - 1 }, async () => {
          await using own = await startBench(kind);
          await dieInTurn(own);
        });
        await Promise.all([dieInTurn(bench), ...others]);
      });
});
