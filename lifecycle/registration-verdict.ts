import { cablingVerdicts, isWrong, type PlannedCable, type PortVerdict } from './cabling.ts';
import type { FirmwareRule, FirmwareVerdict } from './firmware-baseline.ts';
import { firmwareCause, NO_WAY, planUpdates, type UpdateWays } from './firmware-updates.ts';
import type { NodeRecord } from './records.ts';
import type { RegistrationStep } from './registration-records.ts';
import type { ServerReport } from './server-report.ts';

/** What is known of whoever has the system UUID, or one of the MAC addresses, of a server that registers. */
export interface KnownServer {
  node: Pick<NodeRecord, 'uuid' | 'provision_state'>;
  serial_number: string | null;
  /** MAC addresses of its ports. */
  macs: readonly string[];
  /** Whether an earlier registration made the node. */
  registered: boolean;
  /** Whether its driver_info says where its BMC is. */
  has_bmc: boolean;
}

export type IdentityVerdict =
  /** No node has the UUID: one is made. */
  | { is: 'new' }
  /** The node that an earlier attempt or the operator made is this server's. */
  | { is: 'known' }
  | { is: 'refused'; reason: 'doubled-uuid' | 'in-use' | 'foreign-address' | 'by-hand'; cause: string };

/**
 * Whether a server is who it says. Pure. An agent that lies about its UUID gains nothing: a node that is past its enrolment is
 * never touched, and another server's UUID shows by serial number or MAC addresses.
 *
 * @param known the node with this system UUID.
 * @param others nodes that have one of the server's MAC addresses.
 */
export function identityVerdict(
  report: ServerReport,
  known: KnownServer | null,
  others: readonly Pick<NodeRecord, 'uuid'>[],
): IdentityVerdict {
  const { system_uuid, serial_number } = report;
  const refused = (
    reason: Extract<IdentityVerdict, { is: 'refused' }>['reason'],
    cause: string,
  ): IdentityVerdict => ({ is: 'refused', reason, cause });
  if (known !== null) {
    const differs =
      serial_number !== '' && (known.serial_number ?? '') !== '' && known.serial_number !== serial_number;
    const strange =
      known.macs.length > 0 && !known.macs.some((mac) => report.ports.some((port) => port.mac === mac));
    if (differs || strange)
      return refused(
        'doubled-uuid',
        `Two servers have the system UUID ${system_uuid}: node ${known.node.uuid} has serial number ` +
          `${known.serial_number ?? 'unknown'} and ports ${known.macs.join(' ') || 'unknown'}, this one ${serial_number || 'unknown'} and ` +
          `${report.ports.map(({ mac }) => mac).join(' ')}. Write a UUID of its own into the firmware of one.`,
      );
    if (known.node.provision_state !== 'enroll')
      return refused(
        'in-use',
        `The server is registered already: node ${known.node.uuid} is ${known.node.provision_state}. To register it anew, delete the node first.`,
      );
    if (known.has_bmc && !known.registered)
      return refused(
        'by-hand',
        `Node ${known.node.uuid} was enrolled by hand with a BMC of its own: manage it (openstack baremetal node manage), or delete it to have the server register.`,
      );
  }
  const foreign = others.find(({ uuid }) => uuid !== system_uuid);
  if (foreign !== undefined)
    return refused(
      'foreign-address',
      `Node ${foreign.uuid} has a port with a MAC address of this server. Was its main board changed? Then delete that node first.`,
    );
  return known === null ? { is: 'new' } : { is: 'known' };
}

export interface HardwareVerdict {
  ports: PortVerdict[];
  firmware: FirmwareVerdict[];
  /** Where the registration stops; null: all is well. */
  failure: { step: RegistrationStep; cause: string } | null;
}

/**
 * Judges cabling, then firmware. Pure; see cablingVerdicts and planUpdates.
 *
 * @param updates who can update firmware, and what an earlier registration of the server has done of it. Default: nobody, nothing.
 */
export function hardwareVerdict(
  report: ServerReport,
  plan: readonly PlannedCable[],
  known_switches: ReadonlySet<string>,
  baselines: readonly FirmwareRule[],
  updates: { ways: UpdateWays; earlier: readonly FirmwareVerdict[] } = { ways: NO_WAY, earlier: [] },
): HardwareVerdict {
  const ports = cablingVerdicts(plan, report.ports, known_switches);
  const firmware = planUpdates(report.firmware, baselines, updates.ways, updates.earlier);
  const wrong = ports.filter(isWrong);
  const old = firmware.filter(({ failed }) => failed);
  if (wrong.length > 0)
    return {
      ports,
      firmware,
      failure: { step: 'cabling', cause: wrong.map(({ cause }) => cause).join(' ') },
    };
  if (old.length > 0)
    return { ports, firmware, failure: { step: 'firmware', cause: old.map(firmwareCause).join(' ') } };
  return { ports, firmware, failure: null };
}
