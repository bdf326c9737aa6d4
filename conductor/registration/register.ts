import { randomBytes, randomUUID } from 'node:crypto';
import type { Tables } from '../../db/store.ts';
import { ServiceError, serviceError } from '../../lifecycle/errors.ts';
import { NO_WAY } from '../../lifecycle/firmware-updates.ts';
import { chooseInterfaces } from '../../lifecycle/interfaces.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { localLink } from '../../lifecycle/lldp.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { FlavorRecord, RegistrationRecord } from '../../lifecycle/registration-records.ts';
import { identityVerdict } from '../../lifecycle/registration-verdict.ts';
import {
  inventoryOf,
  reportProblem,
  type ServerReport,
  schedulingProperties,
} from '../../lifecycle/server-report.ts';
import type { BmcOrders, RegistrationAnswer } from '../client.ts';
import { isPresent } from '../interfaces.ts';
import { addNotice } from '../notices/add-notice.ts';
import { audit } from '../requests/audit.ts';
import { asRead } from '../requests/reserve.ts';
import { orderBmc } from './bmc-orders.ts';
import { endEarlier, failureNotice, failureText } from './end-registration.ts';
import { judge } from './judge.ts';
import { type Known, knownServer } from './known-server.ts';
import { type RegistrationDeps, registrant, sha256 } from './registration-deps.ts';

/** Times that a registration is decided anew because the server's node changed meanwhile. */
const MAX_TRIES = 4;
const SECRET_BYTES = 32;

/** The enrolment token that a server came with; null: it came by an inspection over HTTP, which knows no tokens. */
type Source = { token_uuid: string; token_hash: string } | null;

/** See ConductorClient.register. */
export async function register(
  deps: RegistrationDeps,
  token: string,
  report: ServerReport,
): Promise<RegistrationAnswer> {
  refuseProblem(report);
  const token_hash = sha256(token);
  const valid = await deps.store.enrolment_tokens.valid(token_hash);
  if (valid === null) throw serviceError('InvalidEnrolmentToken', {});
  return decide(deps, { token_uuid: valid.uuid, token_hash }, report);
}

/** See ConductorClient.discover. */
export async function discover(deps: RegistrationDeps, report: ServerReport): Promise<NodeRecord> {
  refuseProblem(report);
  const { max_nodes } = deps.settings.auto_discovery;
  // Whoever reaches the API can call this: what it makes is bounded.
  if ((await deps.store.nodes.count({ provision_state: 'enroll' })) >= max_nodes)
    throw serviceError('TooManyRequests', {
      why: `${max_nodes} nodes are in enroll already ([auto_discovery]max_nodes).`,
      retry_s: 60,
    });
  const { node_uuid } = await decide(deps, null, report);
  const node = await deps.store.nodes.get(node_uuid);
  if (node === null) throw serviceError('NotFound', { kind: 'Node', ident: node_uuid });
  return node;
}

/** @throws InvalidParameterValue */
function refuseProblem(report: ServerReport): void {
  const problem = reportProblem(report);
  if (problem !== null) throw serviceError('InvalidParameterValue', { why: problem });
}

async function decide(
  deps: RegistrationDeps,
  source: Source,
  report: ServerReport,
): Promise<RegistrationAnswer> {
  for (let tries = 1; ; tries++) {
    const known = await knownServer(deps.store, report);
    const verdict = identityVerdict(report, known.facts, known.others);
    if (verdict.is === 'refused') {
      if (source !== null) await recordRefusal(deps, report, source.token_uuid, verdict.cause);
      const code = verdict.reason === 'doubled-uuid' ? 'DoubledSystemUuid' : 'RegistrationRefused';
      throw serviceError(code, { why: verdict.cause });
    }
    try {
      const answer = await enrol(deps, source, report, known);
      if (answer !== null) return answer;
    } catch (error) {
      // Somebody else took the UUID or a MAC address at the same moment: what is known is different now.
      if (!(error instanceof ServiceError) || error.code !== 'AlreadyExists' || tries >= MAX_TRIES)
        throw error;
    }
    if (tries >= MAX_TRIES)
      throw serviceError('ServiceUnavailable', {
        why: `Node ${report.system_uuid} keeps changing: register again later.`,
      });
  }
}

/**
 * A server that is refused is on record too, so that whoever looks for it finds out why. The record names no node: the server
 * registered none, and what an attempt made counts as its own.
 */
async function recordRefusal(
  deps: RegistrationDeps,
  report: ServerReport,
  token_uuid: string,
  cause: string,
): Promise<void> {
  const now = await deps.placement.dbNow();
  await deps.store.transaction(async (tables) => {
    const record = await tables.registrations.create({
      ...aboutServer(report),
      ...{
        token_uuid,
        state: 'failed',
        step: 'enrol',
        cause,
        finished_at: now,
      },
    });
    await addNotice(tables, deps.settings, now, failureNotice(record));
  });
}

const aboutServer = (report: ServerReport) => ({
  system_uuid: report.system_uuid,
  address: report.address,
  serial_number: report.serial_number,
  manufacturer: report.manufacturer,
  product_name: report.product_name,
  agent_version: report.agent_version,
});

/** Makes the node or takes the one that is there, judges the hardware and gives out the BMC's address. null: decide anew. */
async function enrol(
  deps: RegistrationDeps,
  source: Source,
  report: ServerReport,
  known: Known,
): Promise<RegistrationAnswer | null> {
  const { store, settings, placement } = deps;
  const { driver, conductor_group } = settings.registration;
  const facts = await placement.factsOf({ uuid: report.system_uuid, driver, conductor_group });
  if (facts === null)
    throw serviceError('ServiceUnavailable', {
      why: `No conductor serves the hardware type ${driver} ([registration]driver): start one, or enable it.`,
    });
  const login = deps.drivers?.get(driver)?.login;
  const interfaces = chooseInterfaces(driver, facts, {});
  const bmc_updates = isPresent((known.node ?? interfaces).firmware_interface) && login !== undefined;
  const ways = source === null ? NO_WAY : { bmc: bmc_updates, server: true };
  const { hardware, flavor, orders } = await judge(store, report, known, ways);
  // Who inspects over HTTP takes no orders.
  const takes = source !== null && hardware.failure === null && login !== undefined;
  const ordered = takes ? await orderBmc(deps, report) : null;
  const failure = hardware.failure ?? (ordered !== null && 'failure' in ordered ? ordered.failure : null);
  const bmc = ordered !== null && 'bmc' in ordered ? ordered.bmc : null;
  const updates = failure === null ? orders : [];
  // It restarted for its firmware: this is the same attempt.
  const { last } = known;
  const continued = source !== null && last?.state === 'running' && last.step === 'firmware' ? last : null;
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const now = await placement.dbNow();
  const driver_info: JsonObject = {
    ...known.node?.driver_info,
    ...Object.fromEntries(settings.registration.driver_info.map(pair)),
    ...(login === undefined ? {} : wayIn(login, bmc, source === null ? report : null)),
  };
  const state: Partial<RegistrationRecord> =
    failure !== null
      ? { state: 'failed', step: failure.step, cause: failure.cause, finished_at: now }
      : source === null
        ? { state: 'succeeded', step: 'report', finished_at: now }
        : { state: 'running', step: bmc !== null ? 'bmc-lan' : updates.length > 0 ? 'firmware' : 'report' };
  const node: Partial<NodeRecord> = {
    driver_info,
    properties: { ...known.node?.properties, ...schedulingProperties(report) },
    resource_class: flavor?.resource_class ?? known.node?.resource_class ?? null,
    last_error: failure === null ? null : failureText(failure),
  };
  const registration_uuid = continued?.uuid ?? randomUUID();
  const written = await store.transaction(async (tables) => {
    if (known.node === null) {
      if (source !== null && (await tables.enrolment_tokens.use(source.token_hash)) === null)
        throw serviceError('InvalidEnrolmentToken', {});
      await tables.nodes.create({
        ...{ uuid: report.system_uuid, driver, conductor_group, provision_state: 'enroll' as const },
        ...interfaces,
        ...node,
      });
    } else if (!(await tables.nodes.change(known.node.uuid, node, asRead(known.node)))) return false;
    await addPorts(tables, report);
    await tables.inventory.put(report.system_uuid, { inventory: inventoryOf(report), plugin_data: {} });
    await tables.servers.update(report.system_uuid, serverFacts(report, flavor));
    await endEarlier(tables, report.system_uuid, now, continued?.uuid ?? null);
    const told = {
      ...aboutServer(report),
      token_uuid: source?.token_uuid ?? null,
      bmc_address: bmc?.address ?? null,
      secret_hash: sha256(secret),
      ports: hardware.ports,
      firmware: hardware.firmware,
      ...state,
    };
    const record =
      (continued && (await tables.registrations.update(continued.uuid, told, { state: 'running' }))) ??
      (await tables.registrations.create({
        ...{ uuid: registration_uuid, node_uuid: report.system_uuid },
        ...told,
      }));
    if (failure !== null) await addNotice(tables, settings, now, failureNotice(record));
    await audit(tables, settings, report.system_uuid, registrant(`req-${registration_uuid}`), {
      action: 'register',
      detail: { registration_uuid, token_uuid: source?.token_uuid ?? null, failed_at: failure?.step ?? null },
    });
    return true;
  });
  if (!written) return null;
  return {
    ...{ registration_uuid, node_uuid: report.system_uuid, secret, bmc, updates },
    action: failure === null ? 'go-on' : 'stay',
    step: failure?.step ?? null,
    cause: failure?.cause ?? null,
  };
}

/** The keys of driver_info by which the BMC is reached: what was ordered, or what an inspected server told of it. */
function wayIn(
  login: Readonly<Record<'address' | 'username' | 'password', string>>,
  bmc: BmcOrders | null,
  inspected: ServerReport | null,
): JsonObject {
  if (bmc !== null)
    return {
      [login.address]: bmc.address,
      [login.username]: bmc.username,
      [login.password]: bmc.password,
    };
  const told = inspected?.bmc?.address ?? null;
  return told === null ? {} : { [login.address]: told };
}

async function addPorts(tables: Tables, { system_uuid, ports }: ServerReport): Promise<void> {
  const own = await tables.ports.list({ where: { node_uuid: system_uuid } });
  const by_pxe = ports.some(({ pxe }) => pxe);
  for (const { mac, name, neighbour, pxe } of ports) {
    const local_link_connection = localLink(neighbour);
    const there = own.find(({ address }) => address === mac);
    const told = neighbour?.vlan_ids === undefined ? {} : { switch_vlan_ids: [...neighbour.vlan_ids] };
    if (there !== undefined) {
      const extra = { ...there.extra, ...told };
      if (neighbour !== null) await tables.ports.update(there.uuid, { local_link_connection, extra });
      continue;
    }
    const extra = { interface: name, ...told };
    await tables.ports.create({
      ...{ address: mac, node_uuid: system_uuid, local_link_connection, extra },
      pxe_enabled: by_pxe ? pxe : true,
    });
  }
}

function serverFacts(
  { manufacturer, product_name, serial_number }: ServerReport,
  flavor: FlavorRecord | null,
) {
  return {
    ...{ manufacturer, product_name, serial_number },
    ...(flavor === null ? {} : { flavor_uuid: flavor.uuid }),
    ...(flavor?.availability_zone == null ? {} : { availability_zone: flavor.availability_zone }),
  };
}

function pair(entry: string): [string, string] {
  const at = entry.indexOf('=');
  return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
}
