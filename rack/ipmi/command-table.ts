import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import { CHASSIS_ACTION, chassisControl } from '../../drivers/ipmi/commands/chassis-control.ts';
import { chassisIdentify } from '../../drivers/ipmi/commands/chassis-identify.ts';
import { clearSel } from '../../drivers/ipmi/commands/clear-sel.ts';
import { closeSession } from '../../drivers/ipmi/commands/close-session.ts';
import { coldReset } from '../../drivers/ipmi/commands/cold-reset.ts';
import { NETFN, nothing, PRIVILEGE } from '../../drivers/ipmi/commands/command.ts';
import {
  getChannelAuthenticationCapabilities,
  THIS_CHANNEL,
} from '../../drivers/ipmi/commands/get-channel-authentication-capabilities.ts';
import {
  CIPHER_SUITE_CHUNK,
  encodeCipherSuiteRecords,
  getChannelCipherSuites,
} from '../../drivers/ipmi/commands/get-channel-cipher-suites.ts';
import { getChassisStatus } from '../../drivers/ipmi/commands/get-chassis-status.ts';
import { getDeviceId } from '../../drivers/ipmi/commands/get-device-id.ts';
import { getFruInventoryAreaInfo } from '../../drivers/ipmi/commands/get-fru-inventory-area-info.ts';
import { getSdr, WHOLE_SDR } from '../../drivers/ipmi/commands/get-sdr.ts';
import { getSdrRepositoryInfo } from '../../drivers/ipmi/commands/get-sdr-repository-info.ts';
import { FIRST_RECORD, getSelEntry, LAST_RECORD } from '../../drivers/ipmi/commands/get-sel-entry.ts';
import { getSelInfo } from '../../drivers/ipmi/commands/get-sel-info.ts';
import { getSensorReading } from '../../drivers/ipmi/commands/get-sensor-reading.ts';
import { getSystemBootOptions } from '../../drivers/ipmi/commands/get-system-boot-options.ts';
import { getSystemGuid } from '../../drivers/ipmi/commands/get-system-guid.ts';
import { readFruData } from '../../drivers/ipmi/commands/read-fru-data.ts';
import { reserveSdrRepository } from '../../drivers/ipmi/commands/reserve-sdr-repository.ts';
import { reserveSel } from '../../drivers/ipmi/commands/reserve-sel.ts';
import { getSelTime, setSelTime } from '../../drivers/ipmi/commands/sel-time.ts';
import { setSessionPrivilegeLevel } from '../../drivers/ipmi/commands/set-session-privilege-level.ts';
import { setSystemBootOptions } from '../../drivers/ipmi/commands/set-system-boot-options.ts';
import { warmReset } from '../../drivers/ipmi/commands/warm-reset.ts';
import { CIPHER_SUITES } from '../../drivers/ipmi/crypto/cipher-suites.ts';
import type { Machine, PowerAction } from '../machine.ts';
import { bootOption, expireBootFlags, setBootOption } from './boot-flags.ts';
import { BRIDGE_ROWS } from './bridge.ts';
import { FRU_SIZE_BYTES, fruInventory } from './fru.ts';
import { type Handler, on, onRaw } from './handler.ts';
import { LAN_ROWS } from './lan.ts';
import { PLAIN_SESSION_ROWS } from './plain-sessions.ts';
import { readSensor, SDR_RECORDS, sensorThresholds } from './sensors.ts';
import { SOL_ROWS } from './sol-commands.ts';
import { USER_ROWS } from './users.ts';
import { WATCHDOG_ROWS } from './watchdog.ts';

/** The handler of a command, if the BMC has it. */
export function findHandler(netfn: number, cmd: number): Handler | undefined {
  return HANDLERS.get((netfn << 8) | cmd);
}

const ACTIONS = {
  [CHASSIS_ACTION.powerDown]: 'off',
  [CHASSIS_ACTION.powerUp]: 'on',
  [CHASSIS_ACTION.powerCycle]: 'cycle',
  [CHASSIS_ACTION.hardReset]: 'reset',
  [CHASSIS_ACTION.diagnosticInterrupt]: 'nmi',
  [CHASSIS_ACTION.softShutdown]: 'soft',
} as const satisfies Record<number, PowerAction>;

const ACPI_POWER_STATE = 0x22;
/** Offsets of sensor type 22h: working, soft-off. IPMI v2.0 table 42-3 */
const ACPI = { on: 0x00, off: 0x06 } as const;
const LARGEST_SDR_PART = 32;

const HANDLERS: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  on(getChannelAuthenticationCapabilities, (bmc, { channel }) =>
    channel === THIS_CHANNEL || channel === 1
      ? {
          channel: 1,
          authentication_types: bmc.authentication_types.reduce((bits, type) => bits | (1 << type), 0),
          rmcp_plus: true,
          ipmi_v15: bmc.authentication_types.length > 0,
          two_key_login: bmc.bmc_key !== null,
          logins: 0x04,
        }
      : COMPLETION_CODE.invalidData,
  ),
  on(getChannelCipherSuites, (bmc, { index }) => {
    const suites = bmc.cipher_suites.flatMap((id) => CIPHER_SUITES[id] ?? []);
    const from = index * CIPHER_SUITE_CHUNK;
    return { channel: 1, records: encodeCipherSuiteRecords(suites).slice(from, from + CIPHER_SUITE_CHUNK) };
  }),
  on(getSystemGuid, (bmc) => ({ guid: bmc.guid })),
  on(setSessionPrivilegeLevel, (_bmc, { privilege }, session) => {
    if (session === null) return COMPLETION_CODE.notInPresentState;
    const limit = Math.min(session.user?.privilege ?? 0, session.privilege_limit);
    if (privilege > limit) return 0x81;
    if (privilege !== 0) session.privilege = privilege;
    return { privilege: session.privilege };
  }),
  on(closeSession, (bmc, { session_id }) => (bmc.closeSession(session_id) ? nothing : 0x87)),
  on(getDeviceId, () => ({
    device_id: 0x20,
    provides_sdrs: false,
    device_revision: 1,
    updating: false,
    firmware_major: 1,
    firmware_minor: 0x07,
    ipmi_version: 0x02,
    supports: 0x8f,
    manufacturer_id: 0,
    product_id: 1,
  })),
  on(warmReset, (bmc) => {
    bmc.reset('warm');
    return nothing;
  }),
  on(coldReset, (bmc) => {
    bmc.reset('cold');
    return nothing;
  }),
  ...BRIDGE_ROWS,
  ...USER_ROWS,
  ...LAN_ROWS,
  ...PLAIN_SESSION_ROWS,
  ...SOL_ROWS,
  ...WATCHDOG_ROWS,

  on(getChassisStatus, (bmc) => ({
    power_on: bmc.toldPower() === 'on',
    power_overload: false,
    power_fault: false,
    power_control_fault: false,
    restore_policy: 1,
    last_power_event: 0x10,
    misc_state: 0x40 | identifyBits(bmc.machine),
  })),
  on(chassisControl, (bmc, { action }) => {
    expireBootFlags(bmc);
    const power = ACTIONS[action];
    const wanted = power === 'off' || power === 'soft' ? 'off' : 'on';
    if (!bmc.machine.command(power)) return COMPLETION_CODE.notInPresentState;
    if (power !== 'nmi')
      bmc.sel.add(
        {
          sensor_type: ACPI_POWER_STATE,
          sensor_number: 0x40,
          event_type: 0x6f,
          asserted: true,
          data: [ACPI[wanted], 0xff, 0xff],
        },
        Math.floor(bmc.now_ms() / 1000),
      );
    return nothing;
  }),
  on(chassisIdentify, ({ machine }, { seconds, forever }) => {
    machine.identify = forever ? 'on' : seconds === 0 ? 'off' : { seconds };
    machine.note('identify', forever ? 'on' : `${seconds} s`);
    return nothing;
  }),
  on(setSystemBootOptions, setBootOption),
  on(getSystemBootOptions, (bmc, { parameter }) => {
    const data = bootOption(bmc, parameter);
    return data === null ? 0x80 : { parameter, invalid: false, data };
  }),

  on(getSdrRepositoryInfo, () => ({
    records: SDR_RECORDS.length,
    free_bytes: 0,
    last_add_s: 0,
    last_erase_s: 0,
    supports_reserve: true,
  })),
  on(reserveSdrRepository, () => ({ reservation_id: 1 })),
  on(getSdr, (_bmc, { record_id, offset, length }) => {
    const at = record_id === LAST_RECORD ? SDR_RECORDS.length - 1 : Math.max(0, record_id - 1);
    const record = SDR_RECORDS[at];
    if (record === undefined) return COMPLETION_CODE.notPresent;
    const rest = record.length - offset;
    const wanted = length === WHOLE_SDR ? rest : Math.min(length, rest);
    if (wanted > LARGEST_SDR_PART) return COMPLETION_CODE.cannotReturnRequestedBytes;
    if (wanted < 0) return COMPLETION_CODE.parameterOutOfRange;
    return {
      next_record_id: at + 1 < SDR_RECORDS.length ? at + 2 : LAST_RECORD,
      bytes: record.slice(offset, offset + wanted),
    };
  }),
  on(getSensorReading, ({ machine }, { sensor_number }) => {
    return readSensor(sensor_number, machine.power) ?? COMPLETION_CODE.notPresent;
  }),
  // As boards of Intel have it: version, a zero, the socket, and its profile.
  onRaw('Set Intel Speed Select', 0x2c, 0x41, PRIVILEGE.administrator, (bmc, data) => {
    const [version, zero, socket = 0, profile = 0] = data;
    if (data.length !== 4) return COMPLETION_CODE.lengthInvalid;
    if (version !== 4 || zero !== 0 || profile > 2) return COMPLETION_CODE.invalidData;
    bmc.speed_select.set(socket, profile);
    return new Uint8Array(0);
  }),
  onRaw('Get Sensor Thresholds', NETFN.sensor, 0x27, PRIVILEGE.user, (_bmc, data) => {
    return sensorThresholds(data[0] ?? 0) ?? COMPLETION_CODE.notPresent;
  }),

  on(getSelInfo, ({ sel }) => ({
    entries: sel.entries,
    free_bytes: sel.free_bytes,
    last_add_s: sel.last_add_s,
    last_erase_s: sel.last_erase_s,
    overflow: sel.overflow,
    supports_reserve: true,
  })),
  on(reserveSel, ({ sel }) => {
    sel.reservation_id = (sel.reservation_id % 0xffff) + 1;
    return { reservation_id: sel.reservation_id };
  }),
  on(getSelEntry, ({ sel }, { reservation_id, record_id, offset, length }) => {
    if (offset !== 0 && reservation_id !== sel.reservation_id) return COMPLETION_CODE.reservationCancelled;
    const found = sel.get(record_id);
    if (found === null)
      return record_id === FIRST_RECORD || record_id === LAST_RECORD
        ? COMPLETION_CODE.notPresent
        : COMPLETION_CODE.parameterOutOfRange;
    return { next_record_id: found.next_record_id, record: found.record.slice(offset, offset + length) };
  }),
  on(clearSel, (bmc, { reservation_id, initiate }) => {
    if (reservation_id === 0 || reservation_id !== bmc.sel.reservation_id)
      return COMPLETION_CODE.reservationCancelled;
    if (initiate) {
      const kept = bmc.sel.reservation_id;
      bmc.sel.clear(Math.floor(bmc.now_ms() / 1000));
      bmc.sel.reservation_id = kept;
      bmc.machine.note('sel cleared');
    }
    return { done: true };
  }),
  on(getSelTime, (bmc) => ({ time_s: Math.floor((bmc.now_ms() + bmc.clock_offset_ms) / 1000) })),
  on(setSelTime, (bmc, { time_s }) => {
    bmc.clock_offset_ms = time_s * 1000 - bmc.now_ms();
    return nothing;
  }),

  on(getFruInventoryAreaInfo, (_bmc, { fru_id }) =>
    fru_id === 0 ? { size_bytes: FRU_SIZE_BYTES, by_words: false } : COMPLETION_CODE.notPresent,
  ),
  on(readFruData, ({ machine }, { fru_id, offset, count }) => {
    if (fru_id !== 0) return COMPLETION_CODE.notPresent;
    if (offset >= FRU_SIZE_BYTES) return COMPLETION_CODE.parameterOutOfRange;
    const bytes = fruInventory(machine.identity).slice(offset, offset + Math.min(count, 64));
    return { count: bytes.length, bytes };
  }),
]);

/** Off, for a time, for ever. IPMI v2.0 28.2 */
function identifyBits({ identify }: Machine): number {
  return identify === 'off' ? 0 : identify === 'on' ? 0x20 : 0x10;
}
