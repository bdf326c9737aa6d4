import type { Caller } from '../../lifecycle/caller.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { HardwareChange } from '../client.ts';
import { isPresent, knowsVirtualMedia } from '../interfaces.ts';
import { plannedStep } from '../step.ts';
import { driverInfoProblems, refuseProblems } from './checks.ts';
import type { ProvisionDeps } from './provision.ts';
import { changeNode } from './reserve.ts';

/** Starts a change of the hardware in the background: see ConductorClient.changeHardware. */
export async function changeHardware(
  deps: ProvisionDeps,
  node: NodeRecord,
  change: HardwareChange,
  caller: Caller,
): Promise<void> {
  const check = CHECKS[change.kind];
  if (change.kind === 'console') {
    // Decided without the lock, as in Ironic: what is on already is not an error on a locked node either.
    check(node);
    if (node.console_enabled === change.enabled) return;
  }
  const { kind, ...args } = change;
  const step = plannedStep(stepOf(change), { args: args as JsonObject });
  await changeNode(deps, node, caller, async (fresh) => {
    check(fresh);
    refuseProblems(
      `Failed to validate the driver info of node ${fresh.uuid}`,
      driverInfoProblems(fresh, deps.drivers),
    );
    return { changes: { last_error: null }, job: { kind: 'hardware', args: { kind }, steps: [step] } };
  });
}

type Kind = HardwareChange['kind'];

/** What is refused at once, by kind. Whether the hardware can do it, is found out by doing it. */
const CHECKS: Readonly<Record<Kind, (node: NodeRecord) => void>> = {
  boot_mode: () => {},
  secure_boot: () => {},
  console: (node) => {
    if (!isPresent(node.console_interface)) throw unsupported(node, 'console');
  },
  attach_virtual_media: (node) => refuseVirtualMedia(node, 'attach'),
  detach_virtual_media: (node) => refuseVirtualMedia(node, 'detach'),
};

function refuseVirtualMedia(node: NodeRecord, verb: 'attach' | 'detach'): void {
  if (!knowsVirtualMedia(node)) throw unsupported(node, `${verb}_virtual_media`);
  if (node.maintenance && node.fault === 'power failure')
    throw serviceError('ServiceUnavailable', {
      why: `Unable to ${verb} virtual media for node ${node.uuid} due to its power failure: its BMC does not answer.`,
    });
}

function unsupported(node: NodeRecord, extension: string): Error {
  return serviceError('UnsupportedDriverExtension', { driver: node.driver, extension });
}

function stepOf(change: HardwareChange): string {
  if (change.kind === 'console') return change.enabled ? 'console.start_console' : 'console.stop_console';
  return STEPS[change.kind];
}

const STEPS = {
  boot_mode: 'management.set_boot_mode',
  secure_boot: 'management.set_secure_boot_state',
  attach_virtual_media: 'management.attach_virtual_media',
  detach_virtual_media: 'management.detach_virtual_media',
} as const satisfies Record<Exclude<Kind, 'console'>, string>;
