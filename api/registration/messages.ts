import type {
  RegistrationAction,
  RegistrationAnswer,
  RegistrationProgress,
  RegistrationVerdict,
} from '../../conductor/client.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import { neighbourOf } from '../../lifecycle/lldp.ts';
import { REGISTRATION_STEPS, type RegistrationStep } from '../../lifecycle/registration-records.ts';
import type { ServerReport } from '../../lifecycle/server-report.ts';
import type { RegisterReply, RegisterRequest, ReportReply, ReportRequest, WireAction } from './proto.ts';

/** What the tables hold of a short text. */
const WORD = 255;
/** TLVs of one frame that are looked at. */
const TLVS = 64;

/** A short text of a machine: no control characters, no blanks around it. */
const word = (text: string): string =>
  text
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, WORD);

const orNull = (text: string): string | null => word(text) || null;

const OPTICS: Readonly<Record<string, boolean>> = { OPTIC_NONE: false, OPTIC_PRESENT: true };

/** What a server told. Its values are cleaned, and judged elsewhere. */
export function readReport(request: RegisterRequest): ServerReport {
  return {
    system_uuid: word(request.system_uuid).toLowerCase(),
    serial_number: word(request.serial_number),
    manufacturer: word(request.manufacturer),
    product_name: word(request.product_name),
    cpu_arch: word(request.cpu_arch),
    cpu_model: word(request.cpu_model),
    cpus: request.cpus,
    memory_mb: request.memory_mb,
    boot_mode: request.boot_mode === 'uefi' ? 'uefi' : 'bios',
    bios_vendor: word(request.bios_vendor),
    disks: request.disks.map((disk) => ({
      ...{ name: word(disk.name), model: word(disk.model), serial: word(disk.serial), wwn: word(disk.wwn) },
      ...{ size_bytes: disk.size_bytes, rotational: disk.rotational },
    })),
    ports: request.ports.map((port) => ({
      ...{ name: word(port.name), mac: word(port.mac).toLowerCase(), carrier: port.carrier },
      optic: OPTICS[port.optic] ?? null,
      ipv4_address: orNull(port.ipv4_address),
      speed_mbps: port.speed_mbps || null,
      ...{ vendor: word(port.vendor), product: word(port.product), pxe: port.pxe },
      neighbour: neighbourOf(
        port.lldp.slice(0, TLVS).map(({ type, value }) => [type, Buffer.from(value).toString('hex')]),
      ),
    })),
    firmware: request.firmware.map((one) => ({
      ...{ component: word(one.component), product_name: word(one.product_name) },
      ...{ manufacturer: word(one.manufacturer), version: word(one.version) },
    })),
    bmc:
      request.bmc === null
        ? null
        : { address: orNull(request.bmc.address), mac: orNull(request.bmc.mac)?.toLowerCase() ?? null },
    address: orNull(request.address),
    agent_version: word(request.agent_version),
  };
}

const ACTIONS: Readonly<Record<RegistrationAction | 'go-on', WireAction>> = {
  'go-on': 'ACTION_GO_ON',
  wait: 'ACTION_WAIT',
  'power-off': 'ACTION_POWER_OFF',
  stay: 'ACTION_STAY',
  restart: 'ACTION_RESTART',
};

export function registerReply(answer: RegistrationAnswer): RegisterReply {
  const { bmc, cause, node_uuid, registration_uuid, secret, step, updates } = answer;
  return {
    ...{ registration_uuid, node_uuid, secret },
    action: ACTIONS[answer.action],
    ...{ step: step ?? '', cause: cause ?? '' },
    bmc: bmc === null ? null : { ...bmc, gateway: bmc.gateway ?? '', vlan_id: bmc.vlan_id ?? 0 },
    updates,
  };
}

export function reportReply({ action, cause, step }: RegistrationVerdict): ReportReply {
  return { action: ACTIONS[action], step, cause: cause ?? '' };
}

const OUTCOMES: Readonly<Record<string, RegistrationProgress['outcome']>> = {
  OUTCOME_RUNNING: 'running',
  OUTCOME_FAILED: 'failed',
  OUTCOME_DONE: 'done',
};

/** @throws InvalidParameterValue */
export function readProgress(request: ReportRequest): RegistrationProgress {
  const { cause, log_tail } = request;
  const outcome = OUTCOMES[request.outcome];
  if (outcome === undefined)
    throw serviceError('InvalidParameterValue', { why: 'outcome: name one of the enum Outcome.' });
  if (!isStep(request.step))
    throw serviceError('InvalidParameterValue', {
      why: `step: ${word(request.step) || '(none)'} is none of ${REGISTRATION_STEPS.join(', ')}.`,
    });
  return { step: request.step, outcome, cause, log_tail };
}

const isStep = (step: string): step is RegistrationStep =>
  (REGISTRATION_STEPS as readonly string[]).includes(step);
