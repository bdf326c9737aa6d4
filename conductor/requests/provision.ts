import type { Settings } from '../../config/options.ts';
import type { NewJob } from '../../db/store.ts';
import type { DriverRegistry } from '../../drivers/registry.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import { parseImageSource } from '../../lifecycle/image-source.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { clientEvents, type ProvisionEvent, transition } from '../../lifecycle/machine.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { ProvisionState } from '../../lifecycle/states.ts';
import { VERBS, type Verb, verbsFor } from '../../lifecycle/verbs.ts';
import type { ProvisionArgs } from '../client.ts';
import { fire } from '../provision-event.ts';
import { sha512Crypt } from '../sha512-crypt.ts';
import type { NodeChanges } from '../step.ts';
import { wipedAgent } from '../wiped-agent.ts';
import { abortRequest, unholdRequest } from './abort.ts';
import {
  deployProblems,
  driverInfoProblems,
  refuseMaintenance,
  refuseProblems,
  refuseProtected,
  skipsCleaning,
} from './checks.ts';
import type { StepArea } from './hardware-steps.ts';
import { type Also, changeNode, lockedError, type NodeRequest, type RequestDeps, reread } from './reserve.ts';
import { requestedSteps } from './steps.ts';

export interface ProvisionDeps extends RequestDeps {
  /** For checking driver_info before the work starts; null: the conductor finds out. */
  drivers: Pick<DriverRegistry, 'get'> | null;
}

/** What a verb adds to the transition: its checks, its fields, its job. */
interface VerbRules {
  check(node: NodeRecord, deps: ProvisionDeps, args: ProvisionArgs): Promise<void> | void;
  changes?(node: NodeRecord, args: ProvisionArgs, settings: Settings, caller: Caller): NodeChanges;
  job?(node: NodeRecord, args: ProvisionArgs): JsonObject;
  /** Overrides the target of the transition. */
  target?: ProvisionState;
}

const DEPLOY_STATES: readonly ProvisionState[] = ['deploying', 'wait call-back'];
const CLEAN_STATES: readonly ProvisionState[] = ['cleaning', 'clean wait'];

async function refuseCrowd(
  deps: ProvisionDeps,
  states: readonly ProvisionState[],
  limit: number,
): Promise<void> {
  if ((await deps.store.nodes.count({ provision_state: [...states] })) >= limit)
    throw serviceError('ServiceUnavailable', {
      why: `The limit of ${limit} nodes in ${states.join(' or ')} at once is reached: try again later.`,
    });
}

async function checkDeploy(
  node: NodeRecord,
  deps: ProvisionDeps,
  args: ProvisionArgs,
  op: string,
): Promise<void> {
  refuseMaintenance(node, op);
  const mode = String(node.properties.boot_mode ?? '')
    .trim()
    .toLowerCase();
  if (mode !== '' && deps.settings.conductor.disallowed_deployment_boot_modes.includes(mode))
    throw serviceError('BootModeNotAllowed', { mode, op: 'provisioning' });
  refuseProblems(
    `Failed to validate deploy info of node ${node.uuid}`,
    await deployProblems(node, deps.settings, deps.store),
  );
  refuseProblems(
    `Failed to validate power info of node ${node.uuid}`,
    driverInfoProblems(node, deps.drivers),
  );
  checkSteps('deploy', node, deps, args);
  await refuseCrowd(deps, DEPLOY_STATES, deps.settings.conductor.max_concurrent_deploy);
}

/** @throws InvalidParameterValue for steps that this node cannot run; those of the deploy interface itself are the plan's */
function checkSteps(
  area: StepArea,
  node: NodeRecord,
  { settings, drivers }: ProvisionDeps,
  args: ProvisionArgs,
): void {
  const steps = (args[`${area}_steps`] ?? []).filter(
    (step) => area !== 'deploy' || step.interface !== 'deploy',
  );
  const disable_ramdisk = args.disable_ramdisk === true;
  requestedSteps({ area, node, steps, disable_ramdisk, settings, drivers });
}

function deployChanges(node: NodeRecord, args: ProvisionArgs): NodeChanges {
  const info: JsonObject = { ...node.instance_info };
  if (args.configdrive !== undefined) info.configdrive = args.configdrive as Json;
  return {
    instance_info: info,
    driver_internal_info: wipedAgent(node.driver_internal_info),
    deploy_step: {},
  };
}

function deployJob(_node: NodeRecord, args: ProvisionArgs): JsonObject {
  return args.deploy_steps === undefined ? {} : { deploy_steps: args.deploy_steps };
}

/** Keys of instance_info that were taken from the last image of Glance; for others the client wrote them. */
const IMAGE_DERIVED = ['kernel', 'ramdisk', 'boot_iso'];

function rebuildChanges(node: NodeRecord, args: ProvisionArgs): NodeChanges {
  const { image_url: _, ...info } = { ...deployChanges(node, args).instance_info };
  const source = parseImageSource(String(info.image_source));
  const derived = 'kind' in source && source.kind === 'glance' ? IMAGE_DERIVED : [];
  const kept = Object.entries(info).filter(([key]) => !derived.includes(key));
  return { ...deployChanges(node, args), instance_info: Object.fromEntries(kept) };
}

/** Lends the node to the project that it is deployed for, until its teardown (ironic: apply_automatic_lessee). */
function automaticLessee(node: NodeRecord, { conductor }: Settings, caller: Caller): NodeChanges {
  const sources = {
    instance: node.instance_info.project_id,
    request: caller.project_id,
    none: null,
  };
  const project = conductor.automatic_lessee ? sources[conductor.automatic_lessee_source] : null;
  if (typeof project !== 'string' || project === '' || node.lessee !== null) return {};
  const driver_internal_info = { ...wipedAgent(node.driver_internal_info), automatic_lessee: true };
  return { lessee: project, driver_internal_info };
}

const RULES: Readonly<Record<string, VerbRules>> = {
  deploy: {
    check: async (node, deps, args) => {
      await checkDeploy(node, deps, args, 'deploying');
      if (node.retired) throw serviceError('NodeIsRetired', { op: 'deploying', node: node.uuid });
    },
    changes: (node, args, settings, caller) => ({
      ...deployChanges(node, args),
      ...automaticLessee(node, settings, caller),
    }),
    job: deployJob,
  },
  rebuild: {
    check: async (node, deps, args) => {
      refuseProtected(node);
      await checkDeploy(node, deps, args, 'rebuilding');
    },
    changes: rebuildChanges,
    job: (node, args) => ({ ...deployJob(node, args), rebuild: true }),
  },
  delete: { check: (node) => refuseProtected(node) },
  manage: { check: () => {} },
  provide: {
    check: async (node, deps) => {
      if (!deps.settings.conductor.allow_provisioning_in_maintenance) refuseMaintenance(node, 'providing');
      if (node.retired) throw serviceError('NodeIsRetired', { op: 'providing', node: node.uuid });
      if ((await deps.store.servers.get(node.uuid))?.quarantined === true)
        throw serviceError('Conflict', {
          why: `Node ${node.uuid} is in quarantine: POST /lifecycle/v1/servers/${node.uuid}/quarantine/release ends it.`,
        });
      if (!skipsCleaning(node, deps.settings))
        await refuseCrowd(deps, CLEAN_STATES, deps.settings.conductor.max_concurrent_clean);
    },
    changes: (node) => ({ driver_internal_info: wipedAgent(node.driver_internal_info) }),
  },
  inspect: {
    check: (node) => {
      if (node.inspect_interface === 'no-inspect')
        throw serviceError('UnsupportedDriverExtension', {
          driver: node.driver,
          extension: 'inspect with the interface no-inspect',
        });
    },
    changes: (node) => ({
      driver_internal_info: wipedAgent(node.driver_internal_info),
      inspection_finished_at: null,
    }),
  },
  clean: {
    check: async (node, deps, args) => {
      refuseMaintenance(node, 'cleaning');
      checkSteps('clean', node, deps, args);
      await refuseCrowd(deps, CLEAN_STATES, deps.settings.conductor.max_concurrent_clean);
    },
    changes: (node) => ({ driver_internal_info: wipedAgent(node.driver_internal_info) }),
    job: (_node, args) => ({
      clean_steps: args.clean_steps ?? [],
      disable_ramdisk: args.disable_ramdisk === true,
    }),
    target: 'manageable',
  },
  adopt: { check: () => {} },
  service: {
    check: (node, deps, args) => {
      refuseMaintenance(node, 'servicing');
      checkSteps('service', node, deps, args);
    },
    changes: (node) => ({ driver_internal_info: wipedAgent(node.driver_internal_info) }),
    job: (_node, args) => ({
      service_steps: args.service_steps ?? [],
      disable_ramdisk: args.disable_ramdisk === true,
    }),
  },
  rescue: {
    check: (node) => {
      refuseMaintenance(node, 'rescuing');
      refuseNoRescue(node);
    },
    changes: (node) => ({ driver_internal_info: wipedAgent(node.driver_internal_info) }),
    job: (_node, args) => ({ hashed_rescue_password: sha512Crypt(args.rescue_password ?? '') }),
  },
  unrescue: {
    check: (node) => {
      refuseMaintenance(node, 'unrescuing');
      refuseNoRescue(node);
    },
  },
};

/** Rescue interfaces that can do something; `fake` does it without a server. */
const RESCUE_INTERFACES = ['agent', 'fake'];

function refuseNoRescue(node: NodeRecord): void {
  if (RESCUE_INTERFACES.includes(node.rescue_interface)) return;
  throw serviceError('UnsupportedDriverExtension', {
    driver: node.driver,
    extension: `rescue with the interface ${node.rescue_interface}`,
  });
}

/** Raises a verb on a node: see ConductorClient.provision. */
export async function provision(
  deps: ProvisionDeps,
  node: NodeRecord,
  verb: Verb,
  args: ProvisionArgs,
  caller: Caller,
  also?: Also,
): Promise<void> {
  const { event } = VERBS[verb];
  let start = node;
  // An impossible verb on a locked node may be possible once the work under way has ended: 409, not 400.
  if (start.reservation !== null && transition(start.provision_state, event) === null) {
    start = await reread(deps.store, start);
    if (start.reservation !== null && transition(start.provision_state, event) === null)
      throw lockedError(start);
  }
  const decided = async (fresh: NodeRecord): Promise<NodeRequest> => ({
    ...(await decide(deps, fresh, verb, args, caller)),
    audited: { action: 'provision', detail: { target: verb, from: fresh.provision_state } },
  });
  await changeNode(deps, start, caller, decided, also);
}

async function decide(
  deps: ProvisionDeps,
  node: NodeRecord,
  verb: Verb,
  args: ProvisionArgs,
  caller: Caller,
): Promise<NodeRequest> {
  const event: ProvisionEvent = VERBS[verb].event;
  const edge = transition(node.provision_state, event);
  if (edge === null || !clientEvents(node.provision_state).includes(event))
    throw serviceError('InvalidStateRequested', {
      action: verb,
      node: node.uuid,
      state: node.provision_state,
      allowed: verbsFor(clientEvents(node.provision_state)),
    });
  if (event === 'abort') return abortRequest(deps, node);
  if (event === 'unhold') return unholdRequest(node);
  const rules = RULES[event];
  if (rules === undefined) throw new Error(`No rules for the event ${event}.`);
  await rules.check(node, deps, args);
  const own = rules.changes?.(node, args, deps.settings, caller) ?? {};
  const note = `${verb} requested`;
  if (event === 'provide' && skipsCleaning(node, deps.settings))
    return { changes: { ...own, ...fire(node, ['provide', 'done']), last_error: null }, job: null, note };
  const state = fire(node, [event], rules.target);
  if (edge.work === null) return { changes: { ...own, ...state }, job: null, note };
  const { origin } = args;
  const job: NewJob['args'] = {
    ...{ verb, ...(rules.job?.(node, args) ?? {}) },
    ...(origin === undefined ? {} : { origin: { ...origin } }),
  };
  // An admin's deployment may use images that belong to other projects.
  if (edge.work === 'deploy' && (caller.unrestricted || caller.roles.includes('admin'))) job.by_admin = true;
  return {
    changes: { ...own, ...state, last_error: null },
    job: { kind: edge.work, args: job },
    cancel: `${verb} was requested.`,
    note,
  };
}
