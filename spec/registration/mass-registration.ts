import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { logIn, type PublicApi } from '../../bin/demo/public-api.ts';
import { projectRoot } from '../../config/project-root.ts';
import { systemClock } from '../../config/system-clock.ts';
import { Bmc } from '../../rack/ipmi/bmc.ts';
import { DEFAULT_LIMITS } from '../../rack/ipxe-script.ts';
import { Machine } from '../../rack/machine.ts';
import { type Registered, registerNewServer } from '../../rack/new-server.ts';
import { openRegistrationClient } from '../../rack/registration-client.ts';
import { startDeployment } from '../e2e/deployment.ts';
import { freePort } from '../services/free-port.ts';
import { NEW_CARD, OLD_CARD, type RackedServer, rackedServers } from './racked-servers.ts';
import { SABOTAGE_NAMES, SABOTAGES, type SabotageName } from './sabotage.ts';

export interface MassFigures {
  servers: number;
  sabotaged: number;
  /** From the first power button to the last lamp that went off, or on for good. */
  seconds: number;
  registered: number;
  left_on: number;
  /** Addresses that the BMCs of those that registered have, all different. */
  distinct_addresses: number;
  /** Addresses of the pool that are taken, by nobody who registered or still tries. */
  leaked_addresses: number;
  /** What the judges found; empty: all is well. */
  misjudged: string[];
}

/** One address after the other of it is a BMC's. */
const NETWORK = '127.66.0.0/16';
const RANGE = { first: '127.66.0.10', last: '127.66.250.250' };
const TLS = join(projectRoot, 'spec', 'fixtures', 'tls');

/**
 * Powers `servers` new servers on at once, of which `sabotaged` have something wrong, against API, registration, two conductors,
 * MariaDB and RabbitMQ as processes. Each server's BMC is a stand-in that a conductor reaches by IPMI at the address it was given.
 */
export async function massRegistration(options: {
  servers: number;
  sabotaged: number;
}): Promise<MassFigures> {
  const sabotages = Array.from(
    { length: options.sabotaged },
    (_, index) => SABOTAGE_NAMES[index % SABOTAGE_NAMES.length] as SabotageName,
  );
  const racked = rackedServers(options.servers, sabotages);
  const [grpc_port, bmc_port] = [await freePort(), await freePort('udp', '127.66.0.10')];
  await using deployment = await startDeployment({
    registration: {
      ...{ enabled: true, port: grpc_port, calls_per_minute: 0, driver_info: [`ipmi_port=${bmc_port}`] },
      ...{ cert_file: join(TLS, 'server.pem'), key_file: join(TLS, 'server-key.pem') },
    },
    conductor: { sync_power_state_interval: 0 },
  });
  await deployment.startConductor('conductor-2');
  const { auth_url, password, username } = deployment.operator;
  const api = await logIn(auth_url, { name: username, password, project: null });
  const token = await prepare(api, racked);
  const bmcs: { bmc: Bmc; machine: Machine }[] = [];
  const began = performance.now();
  try {
    const outcomes = await powerOnAll(racked, { grpc_port, bmc_port, token, bmcs });
    const seconds = (performance.now() - began) / 1000;
    return await judged(api, racked, outcomes, seconds);
  } finally {
    for (const { bmc, machine } of bmcs) {
      await bmc[Symbol.asyncDispose]();
      await machine[Symbol.asyncDispose]();
    }
  }
}

/** The pool, the cabling plan, the firmware baselines and the token. */
async function prepare(api: PublicApi, racked: readonly RackedServer[]): Promise<string> {
  const make = <T>(what: string, body: object): Promise<T> =>
    api.request<T>('POST', `/lifecycle/v1/${what}`, body);
  await make('pools', { name: 'bmc', network: NETWORK, ranges: [RANGE] });
  await make('firmware-baselines', { component: 'bios', version: '2.0', enforced: true });
  await make('firmware-baselines', {
    component: 'nic',
    product_name: 'X710',
    version: '20.5',
    enforced: true,
  });
  await make('firmware-baselines', {
    ...{ component: 'nic', product_name: 'CX6', version: NEW_CARD, enforced: true },
    ...{ update_script: 'update-card.sh', update_timeout_s: 600 },
  });
  await make('flavors', {
    name: 'v1',
    match: [{ field: 'product_name', op: 'eq', value: 'V1' }],
    availability_zone: 'z1',
  });
  for (let at = 0; at < racked.length; at += 50)
    await Promise.all(racked.slice(at, at + 50).map(({ cable }) => make('cables', cable)));
  const { token } = await make<{ token: string }>('enrolment-tokens', { name: 'rack', lifetime_s: 3600 });
  return token;
}

interface Site {
  grpc_port: number;
  bmc_port: number;
  token: string;
  bmcs: { bmc: Bmc; machine: Machine }[];
}

async function powerOnAll(racked: readonly RackedServer[], site: Site): Promise<Registered[]> {
  const outcomes: Promise<Registered>[] = [];
  for (const [index, server] of racked.entries()) {
    // Of two servers with one UUID the one that comes later is the one that is refused.
    const first = server.sabotage === 'doubled-uuid' ? outcomes[index - 1] : undefined;
    outcomes.push(first === undefined ? powerOn(server, site) : first.then(() => powerOn(server, site)));
  }
  return Promise.all(outcomes);
}

async function powerOn(
  server: RackedServer,
  { grpc_port, bmc_port, token, bmcs }: Site,
): Promise<Registered> {
  const { sabotage } = server;
  using client = openRegistrationClient({
    clock: systemClock,
    proto_file: join(projectRoot, 'api', 'registration', 'v1', 'registration.proto'),
    target: `127.0.0.1:${grpc_port}`,
    ca: readFileSync(join(TLS, 'ca.pem'), 'utf8'),
  });
  let bmc: Bmc | null = null;
  let { card } = server;
  const outcome = await registerNewServer({
    ...{ clock: systemClock, client, facts: () => server.facts(card) },
    token: sabotage === 'forged-token' ? 'kg-forged' : token,
    update: async ({ script }) => {
      if (sabotage === 'update-fails') throw new Error(`${script} ended with 3: no such device`);
      if (sabotage !== 'update-without-effect') card = NEW_CARD;
    },
    setLan: async ({ address }) => {
      if (sabotage === 'lan-refused')
        throw new Error('LAN Parameter Data does not match!  Write may have failed.');
      const machine = machineOf(server);
      machine.forcePower('on');
      // After a restart it is set anew.
      if (bmc !== null) return;
      bmc = await Bmc.start({ machine, address, port: bmc_port, users: [] });
      bmcs.push({ bmc, machine });
    },
    setAccount: async ({ password, username }) => {
      if (sabotage === 'account-refused')
        throw new Error('Set User Name command failed (user 2, name kurogane)');
      if (bmc === null) throw new Error('no BMC');
      const kept = sabotage === 'account-lost' ? 'something else' : password;
      bmc.users = [
        { name: '', password: '', privilege: 0xf, enabled: false },
        { name: username, password: kept, privilege: 4 },
      ];
    },
  });
  if (outcome.power === 'off') bmcs.find((one) => one.bmc === bmc)?.machine.forcePower('off');
  return outcome;
}

function machineOf({ serial_number, system_uuid }: RackedServer): Machine {
  return new Machine({
    clock: systemClock,
    identity: {
      ...{ name: serial_number, uuid: system_uuid, serial: serial_number, manufacturer: 'Kurogane' },
      ...{ product_name: 'V1', macs: [], address: '127.0.0.1' },
    },
    ...{ disks: [], boot_url: () => null, download_kernels: false, ipxe_limits: DEFAULT_LIMITS },
    ...{ boot_order: [], delays_ms: { power: 0, soft_off: 0, post: 0 }, time_scale: 0.01 },
  });
}

interface ShownServer {
  uuid: string;
  provision_state: string;
  bmc_address: string | null;
  serial_number: string | null;
  availability_zone: string | null;
}

interface ShownRegistration {
  system_uuid: string;
  serial_number: string;
  state: string;
  step: string;
  cause: string | null;
  address: string | null;
}

/** All pages of a list. */
async function everything<T>(api: PublicApi, collection: string): Promise<T[]> {
  const found: (T & { uuid: string })[] = [];
  for (;;) {
    const marker = found.at(-1)?.uuid;
    const page = await api.request<Record<string, (T & { uuid: string })[]>>(
      'GET',
      `/lifecycle/v1/${collection}?limit=500${marker === undefined ? '' : `&marker=${marker}`}`,
    );
    const more = page[collection] ?? [];
    found.push(...more);
    if (more.length < 500) return found;
  }
}

async function judged(
  api: PublicApi,
  racked: readonly RackedServer[],
  outcomes: readonly Registered[],
  seconds: number,
): Promise<MassFigures> {
  const servers = new Map((await everything<ShownServer>(api, 'servers')).map((one) => [one.uuid, one]));
  const records = await everything<ShownRegistration>(api, 'registrations');
  const addresses = await everything<{ address: string; holder: string | null }>(api, 'addresses');
  const misjudged = racked.flatMap((server, index) => {
    const outcome = outcomes[index];
    if (outcome === undefined) return [`${server.serial_number}: nothing is known`];
    const mistakes =
      server.sabotage === null
        ? soundMistakes(server, outcome, servers.get(server.system_uuid))
        : sabotageMistakes(server.sabotage, server, outcome, records);
    return mistakes.map((mistake) => `${server.serial_number} (${server.sabotage ?? 'sound'}): ${mistake}`);
  });
  const off = outcomes.filter(({ power }) => power === 'off');
  const held = new Set(addresses.map(({ holder }) => holder));
  const known = new Set(servers.keys());
  return {
    ...{ servers: racked.length, sabotaged: racked.filter(({ sabotage }) => sabotage !== null).length },
    seconds: Math.round(seconds * 10) / 10,
    registered: off.length,
    left_on: outcomes.length - off.length,
    distinct_addresses: new Set(off.map(({ bmc }) => bmc?.address)).size,
    leaked_addresses: [...held].filter((holder) => holder === null || !known.has(holder)).length,
    misjudged,
  };
}

function soundMistakes(
  { card, serial_number }: RackedServer,
  outcome: Registered,
  shown: ShownServer | undefined,
): string[] {
  if (outcome.power !== 'off') return [`left on at ${outcome.step}: ${outcome.cause}`];
  const restarts = card === OLD_CARD ? 1 : 0;
  if (outcome.restarts !== restarts)
    return [`restarted ${outcome.restarts} times for its firmware, not ${restarts}`];
  const wanted = {
    ...{ serial_number, provision_state: 'manageable', availability_zone: 'z1' },
    bmc_address: outcome.bmc?.address ?? null,
  };
  return Object.entries(wanted)
    .filter(([field, value]) => shown?.[field as keyof ShownServer] !== value)
    .map(
      ([field, value]) => `${field} is ${String(shown?.[field as keyof ShownServer])}, not ${String(value)}`,
    );
}

function sabotageMistakes(
  sabotage: SabotageName,
  { serial_number }: RackedServer,
  outcome: Registered,
  records: readonly ShownRegistration[],
): string[] {
  const { cause, step, ...more } = SABOTAGES[sabotage];
  const code = 'code' in more ? more.code : '';
  const mistakes: string[] = [];
  if (outcome.power !== 'on') mistakes.push('switched itself off');
  if (outcome.step !== step || outcome.code !== code)
    mistakes.push(`stopped at "${outcome.step}" ${outcome.code}, not at "${step}" ${code}`);
  if (!cause.test(outcome.cause)) mistakes.push(`its cause reads: ${outcome.cause}`);
  if (step === '') return mistakes;
  const kept = records.filter((one) => one.serial_number === serial_number);
  if (
    kept.length !== 1 ||
    kept[0]?.state !== 'failed' ||
    kept[0]?.step !== step ||
    !cause.test(kept[0]?.cause ?? '')
  )
    mistakes.push(`on record is ${JSON.stringify(kept)}`);
  return mistakes;
}
