import type { Settings } from '../../config/options.ts';
import type { DriverRegistry } from '../../drivers/registry.ts';
import { ERRORS, serviceError } from '../../lifecycle/errors.ts';
import type { PlannedStep } from '../../lifecycle/job.ts';
import { isObject, type Json, type JsonObject } from '../../lifecycle/json.ts';
import { INTERFACE_KINDS, type InterfaceKind, type NodeRecord } from '../../lifecycle/records.ts';
import { unsafeOrders } from '../../lifecycle/step-safety.ts';
import { isPresent, usesAgent } from '../interfaces.ts';
import { plannedStep, stepName } from '../step.ts';
import { HARDWARE_STEPS, type HardwareStep, type StepArea } from './hardware-steps.ts';
import { argumentProblems } from './step-args.ts';

/** Steps that the service itself carries out, whatever interface they are asked of. */
export const RESERVED_STEPS = ['power_on', 'power_off', 'reboot', 'hold', 'wait'] as const;

export interface StepRequest {
  area: StepArea;
  node: NodeRecord;
  steps: readonly JsonObject[];
  /** True: the client wants no ramdisk to be booted. */
  disable_ramdisk: boolean;
  /** True: the node is a child, and the work its parent's. No ramdisk is there, nor asked for by any step. */
  on_child?: boolean;
  settings: Settings;
  /** For the account that the service logs in with; null: this process has no drivers. */
  drivers: Pick<DriverRegistry, 'get'> | null;
}

/**
 * The steps of a request, in the order given: each by the service itself, by the BMC where the node's interface is one that
 * asks the BMC, or by the agent on the ramdisk.
 *
 * @throws InvalidParameterValue that names all that is wrong: steps that are not allowed, that nobody can carry out, with
 *   wrong arguments, or in an order that could cut the way to the server.
 */
export function requestedSteps(request: StepRequest): PlannedStep[] {
  const problems: string[] = [];
  const planned = request.steps.flatMap((asked): PlannedStep[] => {
    const { interface: interface_, step } = asked;
    if (typeof interface_ !== 'string' || typeof step !== 'string') {
      problems.push('A step needs interface and step.');
      return [];
    }
    const one = plannedStep(`${interface_}.${step}`, {
      args: isObject(asked.args) ? asked.args : {},
      priority: Number(asked.priority ?? 0),
    });
    // Children are looked at when their turn has come, as in Ironic: what they can do may depend on the steps before.
    if (asked.execute_on_child_nodes === true)
      return [{ ...one, abortable: true, children: childrenOf(asked) }];
    const reserved = isReserved(step);
    if (reserved) return [{ ...one, abortable: true }];
    const found = placeOf(one, request);
    if (Array.isArray(found)) problems.push(...found);
    return [{ ...one, in_band: found === 'in band' }];
  });
  const own = planned.filter(({ children }) => children === undefined);
  problems.push(...unsafeOrders({ steps: own, login: loginOf(request) }));
  if (problems.length > 0) throw serviceError('InvalidParameterValue', { why: problems.join(' ') });
  return planned;
}

function childrenOf({ limit_child_node_execution: only }: JsonObject): string[] {
  return Array.isArray(only) ? only.map((uuid) => String(uuid).toLowerCase()) : [];
}

export function isReserved(step: string): boolean {
  return RESERVED_STEPS.some((name) => name === step);
}

/** A step that the BMC carries out; null: it is the agent's, or the service's own. */
export function hardwareStepOf(step: PlannedStep): HardwareStep | null {
  if (step.in_band || step.children !== undefined) return null;
  const name = stepName(step);
  return Object.hasOwn(HARDWARE_STEPS, name) ? (HARDWARE_STEPS[name] ?? null) : null;
}

/** The value of a node's driver_info that its driver logs in with. */
export function loginOf({ node, drivers }: Pick<StepRequest, 'node' | 'drivers'>): string | null {
  const login = drivers?.get(node.driver)?.login;
  const username: Json | undefined = login === undefined ? undefined : node.driver_info[login.username];
  return typeof username === 'string' ? username : null;
}

/** Where a step runs, or why nowhere. */
function placeOf(step: PlannedStep, request: StepRequest): 'in band' | 'out of band' | string[] {
  const { area, node, settings, disable_ramdisk } = request;
  const name = stepName(step);
  if (settings.conductor[`disallow_${area}_steps`].includes(name))
    return [`The step ${name} is not allowed.`];
  const agent = usesAgent(node) && !disable_ramdisk;
  const known = Object.hasOwn(HARDWARE_STEPS, name) ? HARDWARE_STEPS[name] : undefined;
  const by_bmc = known !== undefined && known.areas[area] !== undefined;
  if (known !== undefined && runsOnBmc(step, request)) {
    if (usesAgent(node) && disable_ramdisk && !request.on_child && known.requires_ramdisk.includes(area))
      return [`The step ${name} wants the ramdisk to run: it cannot run with disable_ramdisk.`];
    return argumentProblems(name, known.args, step.args).length === 0
      ? 'out of band'
      : argumentProblems(name, known.args, step.args);
  }
  if (agent) return 'in band';
  if (usesAgent(node) && disable_ramdisk)
    return [`The step ${name} runs on the ramdisk: it cannot run with disable_ramdisk.`];
  if (by_bmc)
    return [
      ERRORS.UnsupportedDriverExtension.message({
        driver: node.driver,
        extension: `${name} with the interface ${interfaceOf(step, node)}`,
      }),
    ];
  return [
    known === undefined
      ? `There is no step ${name}, and no ramdisk that could have it.`
      : `The step ${name} cannot be used in ${area}: it is there for ${Object.keys(known.areas).join(', ')}.`,
  ];
}

/** Whether the BMC carries a step out in this area, as far as the node's interfaces tell. */
export function runsOnBmc(
  step: PlannedStep,
  request: Pick<StepRequest, 'area' | 'node' | 'disable_ramdisk'>,
): boolean {
  const known = hardwareStepOf({ ...step, in_band: false });
  return known !== null && known.areas[request.area] !== undefined && asksBmc(step, request);
}

/** Whether the node's interface is one that asks the BMC. Disks are erased by the agent where there is one. */
function asksBmc(
  step: PlannedStep,
  { node, disable_ramdisk }: Pick<StepRequest, 'node' | 'disable_ramdisk'>,
): boolean {
  if (step.interface === 'deploy') return !usesAgent(node) || disable_ramdisk;
  const name = interfaceOf(step, node);
  // The others of its kind have no such step.
  if (step.interface === 'network') return name === 'neutron';
  return name !== null && isPresent(name) && name !== 'agent' && name !== 'noop';
}

function interfaceOf(step: PlannedStep, node: NodeRecord): string | null {
  const kind = INTERFACE_KINDS.find((each): each is InterfaceKind => each === step.interface);
  return kind === undefined ? null : node[`${kind}_interface`];
}
