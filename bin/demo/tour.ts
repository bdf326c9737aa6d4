import { setTimeout as sleep } from 'node:timers/promises';
import type { RackServer } from '../../rack/rack.ts';
import type { Display } from './display.ts';
import { furnish } from './furnish.ts';
import { logIn, type PublicApi } from './public-api.ts';
import type { BmcFacts, DemoImage, Site } from './site.ts';

/** A step of the tour that failed. The message says which and why. */
class TourFailure extends Error {}

interface NodeState {
  provision_state: string;
  target_provision_state: string | null;
  power_state: string | null;
  last_error: string | null;
}

const POLL_MS = 40;
const STEP_TIMEOUT_MS = 120_000;

/**
 * Enrolls the rack, and takes its first server through its life by the public API, as any client would.
 *
 * @returns seconds from the start of the tour until the server was in service; null when a step failed.
 */
export async function runTour(site: Site, auth_url: string, display: Display): Promise<number | null> {
  const [operator] = site.accounts;
  const [first] = site.rack.servers;
  if (first === undefined) throw new Error('The rack is empty.');
  const node = first.machine.identity.name;
  const start = performance.now();
  let in_service_s = 0;
  try {
    const api = await step(display, 'log in', async () => {
      const api = await logIn(auth_url, { ...operator, project: null });
      return [api, `${operator.name}, by password, for the whole system`];
    });
    await step(display, 'enroll', async () => {
      for (const [index, server] of site.rack.servers.entries()) {
        const uuid = await enroll(api, server, ownerOf(site, index), site.bmcs[index]);
        const { manufacturer, product_name, serial: serial_number } = server.machine.identity;
        await furnish(api, uuid, index, { manufacturer, product_name, serial_number });
      }
      return [null, `${site.rack.servers.length} servers by the addresses of their BMCs`];
    });
    await change(
      api,
      display,
      node,
      'manage',
      'manageable',
      async () => 'its BMC answers and takes the password',
    );
    await change(
      api,
      display,
      node,
      'provide',
      'available',
      async () => 'network boot, agent, disk erased: in stock',
    );
    await patch(api, node, '/instance_info', instanceInfo(site.image));
    await change(api, display, node, 'active', 'active', () => bootedImage(first, site.image));
    in_service_s = (performance.now() - start) / 1000;
    await change(api, display, node, 'deleted', 'available', () => erased(first));
    return in_service_s;
  } catch (error) {
    if (error instanceof TourFailure) return null;
    throw error;
  }
}

/** The first servers belong to the tenants, one each; the rest to nobody. */
export function ownerOf(site: Site, index: number): string | null {
  const account = site.accounts[index];
  return account?.role === 'member' ? account.project : null;
}

/** Resolves with the node's uuid. */
export async function enroll(
  api: PublicApi,
  server: RackServer,
  owner: string | null,
  bmc: BmcFacts = { driver: 'ipmi', driver_info: server.driver_info, resource_class: 'virtual' },
): Promise<string> {
  const { name, macs } = server.machine.identity;
  const { uuid } = await api.request<{ uuid: string }>('POST', '/v1/nodes', {
    name,
    ...bmc,
    properties: { cpu_arch: 'x86_64' },
    ...(owner === null ? {} : { owner }),
  });
  await api.request('POST', '/v1/ports', { node_uuid: uuid, address: macs[0] });
  return uuid;
}

export function instanceInfo(image: DemoImage): object {
  return { image_source: image.url, image_os_hash_algo: 'sha256', image_os_hash_value: image.sha256 };
}

async function patch(api: PublicApi, node: string, path: string, value: unknown): Promise<void> {
  await api.request('PATCH', `/v1/nodes/${node}`, [{ op: 'add', path, value }]);
}

/** Raises a verb and waits until the server is in the wished state. */
export async function bring(api: PublicApi, node: string, verb: string, wished: string): Promise<void> {
  const { provision_state } = await read(api, node);
  await api.request('PUT', `/v1/nodes/${node}/states/provision`, { target: verb });
  await follow(api, node, provision_state, wished, () => {});
}

/** Raises a verb and follows the states to the wished one; then `check` looks whether the server agrees. */
async function change(
  api: PublicApi,
  display: Display,
  node: string,
  verb: string,
  wished: string,
  check: () => Promise<string>,
): Promise<void> {
  await step(display, verb, async (pass) => {
    const before = await read(api, node);
    pass(before.provision_state);
    await api.request('PUT', `/v1/nodes/${node}/states/provision`, { target: verb });
    await follow(api, node, before.provision_state, wished, pass);
    return [null, await check()];
  });
}

async function follow(
  api: PublicApi,
  node: string,
  from: string,
  wished: string,
  pass: (state: string) => void,
): Promise<void> {
  const deadline = performance.now() + STEP_TIMEOUT_MS;
  let seen = from;
  while (performance.now() < deadline) {
    const { provision_state, target_provision_state, last_error } = await read(api, node);
    if (provision_state !== seen) pass(provision_state);
    seen = provision_state;
    const settled = target_provision_state === null || provision_state.endsWith('failed');
    if (settled && provision_state === wished) return;
    if (settled) throw new Error(last_error ?? `The node is ${provision_state} and has no last_error.`);
    await sleep(POLL_MS);
  }
  throw new Error(`The node is still ${seen} after ${STEP_TIMEOUT_MS / 1000} s.`);
}

async function read(api: PublicApi, node: string): Promise<NodeState> {
  return await api.request(
    'GET',
    `/v1/nodes/${node}?fields=provision_state,target_provision_state,power_state,last_error`,
  );
}

/** What runs on the server is what was to be written, byte for byte. */
async function bootedImage({ machine }: RackServer, image: DemoImage): Promise<string> {
  await machine
    .until(({ running }) => running.what === 'os', AbortSignal.timeout(10_000))
    .catch(() => {
      throw new Error(`The server does not run from its disk: ${machine.running.what}.`);
    });
  if (machine.running.what !== 'os' || machine.running.sha256 !== image.sha256)
    throw new Error('The server runs something else than the image.');
  return `runs ${image.name} from its disk, sha256 ${image.sha256.slice(0, 12)}… as published: in service`;
}

async function erased({ machine }: RackServer): Promise<string> {
  for (const disk of machine.disks)
    if ((await disk.contents()) !== null) throw new Error(`${disk.facts.name} still has something to boot.`);
  return 'shut down, network boot, agent, disk erased: back in stock';
}

/** Runs one step and shows it. @throws TourFailure after showing why. */
async function step<T>(
  display: Display,
  title: string,
  run: (pass: (word: string) => void) => Promise<[result: T, note: string]>,
): Promise<T> {
  const line = display.step(title);
  try {
    const [result, note] = await run((word) => line.pass(word));
    line.done(note);
    return result;
  } catch (error) {
    line.fail((error as Error).message);
    throw new TourFailure(`${title} failed`);
  }
}
