import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chainScript, nodeScript } from '../../boot/script.ts';
import type { ConductorClient } from '../../conductor/client.ts';
import { systemClock } from '../../config/system-clock.ts';
import type { Store } from '../../db/store.ts';
import type { BootDevice, Connection, Driver } from '../../drivers/contract.ts';
import { createFakeDriver } from '../../drivers/fake/driver.ts';
import type { FakeServers } from '../../drivers/fake/server.ts';
import { ServiceError } from '../../lifecycle/errors.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { FirmwareDevice, Machine } from '../../rack/machine.ts';
import { FAKE_INTERFACES, SILENT } from './conductor-bench.ts';

/** The interfaces of a node that an agent deploys, cleans and inspects. */
export const AGENT_INTERFACES = {
  ...FAKE_INTERFACES,
  boot_interface: 'ipxe',
  deploy_interface: 'direct',
  inspect_interface: 'agent',
} as const;

/**
 * A hardware type whose BMC is a function call on a virtual server of the rack, found by `machine` in driver_info. Its BIOS is
 * one of `firmware`, which a boot of the machine reaches too.
 */
export function createMachineDriver(
  machines: ReadonlyMap<string, Machine>,
  firmware: FakeServers = new Map(),
): Driver<{ machine: Machine }> {
  const fake = createFakeDriver({ clock: systemClock, log: SILENT }, firmware);
  const interfaces = Object.fromEntries(
    Object.entries(AGENT_INTERFACES).map(([field, name]) => [
      field.replace('_interface', ''),
      field === 'boot_interface' ? [name, 'http-ipxe', 'fake'] : [name, 'fake'],
    ]),
  ) as unknown as Driver['interfaces'];
  return {
    name: 'fake-hardware',
    properties: { machine: { description: 'Name of the virtual server.', required: true } },
    interfaces,
    parse: ({ machine: name }) => {
      const machine = typeof name === 'string' ? machines.get(name) : undefined;
      return machine === undefined
        ? { problems: ['machine names no virtual server.'] }
        : { info: { machine } };
    },
    connect: async ({ machine }, options) => {
      const name = [...machines].find(([, each]) => each === machine)?.[0] ?? '';
      const parsed = fake.parse({ fake_id: name });
      if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
      const { bios, biosWriter, power } = await fake.connect(parsed.info, options);
      return {
        ...connectionOf(machine, (target, call) => power.set(target, call)),
        ...(bios === undefined ? {} : { bios }),
        ...(biosWriter === undefined ? {} : { biosWriter }),
      };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

function connectionOf(machine: Machine, alsoSet: Connection['power']['set']): Connection {
  const power = () => (machine.power === 'on' ? 'power on' : 'power off');
  return {
    power: {
      supported: ['power on', 'power off', 'rebooting', 'soft power off', 'soft rebooting'],
      get: async () => power(),
      set: async (target, options) => {
        await alsoSet(target, options);
        if (target === 'power on') machine.command('on');
        else if (target === 'power off') machine.command('off');
        else if (target === 'soft power off') machine.command('soft');
        else if (!machine.command('cycle')) machine.command('on');
      },
    },
    boot: {
      supported: ['pxe', 'disk'],
      get: async () => ({
        boot_device: (machine.boot_override?.device ?? null) as BootDevice | null,
        persistent: machine.boot_override?.persistent ?? null,
      }),
      set: async ({ boot_device, persistent, boot_mode }) => {
        machine.boot_override = {
          device: boot_device as FirmwareDevice,
          persistent,
          mode: boot_mode ?? 'uefi',
        };
      },
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** What agents and booting servers talk to, without the API in between: look-up, heartbeat, inspection, boot script, image. */
export interface AgentFront extends AsyncDisposable {
  readonly url: string;
}

export async function startAgentFront(
  store: Store,
  client: () => ConductorClient,
  image: Buffer,
): Promise<AgentFront> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const status = error instanceof ServiceError ? error.status : 500;
      reply(response, status, { error: error instanceof Error ? error.message : String(error) });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function nodeBy(addresses: string[]): Promise<NodeRecord> {
    const [node] = await store.nodes.listByAddresses(addresses);
    if (node === undefined) throw new ServiceError('NotFound', 'No such node.');
    return node;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const body = request.method === 'POST' ? ((await json(request)) as JsonObject) : {};
    if (pathname === '/image') {
      response.writeHead(200).end(image);
      return;
    }
    if (pathname === '/v1/lookup') {
      const node = await nodeBy((searchParams.get('addresses') ?? '').split(','));
      const agent_token = await client().agentToken(node);
      return reply(response, 200, {
        node: { uuid: node.uuid },
        config: { heartbeat_timeout: 300, agent_token },
      });
    }
    if (pathname.startsWith('/v1/heartbeat/')) {
      const node = await store.nodes.get(pathname.slice('/v1/heartbeat/'.length));
      if (node === null) throw new ServiceError('NotFound', 'No such node.');
      await client().heartbeat(node, body as never);
      return reply(response, 202, {});
    }
    if (pathname === '/v1/continue_inspection') {
      const inventory = body.inventory as { interfaces: { mac_address: string }[] };
      const node = await nodeBy(inventory.interfaces.map(({ mac_address }) => mac_address));
      await client().continueInspection(node, body);
      return reply(response, 200, { uuid: node.uuid });
    }
    if (pathname.endsWith('kernel') || pathname.endsWith('ramdisk')) {
      response.writeHead(200).end('x');
      return;
    }
    if (pathname === '/') return reply(response, 200, { default_version: { version: '1.115' } });
    if (pathname === '/boot.ipxe') {
      response.writeHead(200).end(chainScript());
      return;
    }
    const mac = searchParams.get('mac')?.replaceAll('-', ':') ?? '';
    const node = await nodeBy([mac]);
    const facts = {
      api_url: url,
      kernel_append_params: '',
      deploy_kernel: `${url}/kernel`,
      deploy_ramdisk: `${url}/ramdisk`,
    };
    response.writeHead(200).end(nodeScript(node, facts, mac));
  }

  return {
    url,
    [Symbol.asyncDispose]: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function json(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
