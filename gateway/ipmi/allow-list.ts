import type { LeaseRole } from '../../lifecycle/bmc-lease.ts';

/** What one byte of a request may be. */
type ByteCheck = (byte: number) => boolean;

/** One command that is passed on. */
interface Allowed {
  /** As the specification writes it; in the audit. */
  name: string;
  netfn: number;
  cmd: number;
  /** The role that it takes at least. Default: read-only. */
  role?: LeaseRole;
  /** The forms that its data may have, byte by byte. */
  data: readonly (readonly ByteCheck[])[];
}

const any: ByteCheck = () => true;
const oneOf =
  (...allowed: number[]): ByteCheck =>
  (byte) =>
    allowed.includes(byte);
const upTo =
  (most: number): ByteCheck =>
  (byte) =>
    byte <= most;
/** No bit but those of the mask. */
const within =
  (mask: number): ByteCheck =>
  (byte) =>
    (byte & ~mask) === 0;
const NONE: readonly (readonly ByteCheck[])[] = [[]];
const zero = oneOf(0);

const [CHASSIS, SENSOR, APP, STORAGE] = [0x00, 0x04, 0x06, 0x0a];

/**
 * All that the holder of a lease may ask of a BMC over IPMI: power, boot device, sensors, event log, inventory. No users, no channels, no
 * LAN, no firmware, no messages to other controllers, nothing of vendors. What stands in no row is refused, and so is a byte that its row
 * does not have. The event log is not cleared: it is the provider's proof of what the hardware did.
 */
const ALLOWED: readonly Allowed[] = [
  { name: 'Get Chassis Capabilities', netfn: CHASSIS, cmd: 0x00, data: NONE },
  { name: 'Get Chassis Status', netfn: CHASSIS, cmd: 0x01, data: NONE },
  // IPMI v2.0 28.3: down, up, cycle, hard reset, diagnostic interrupt, soft shutdown.
  { name: 'Chassis Control', netfn: CHASSIS, cmd: 0x02, role: 'operator', data: [[upTo(5)]] },
  {
    ...{ name: 'Chassis Identify', netfn: CHASSIS, cmd: 0x04, role: 'operator' },
    data: [[], [any], [any, upTo(1)]],
  },
  { name: 'Get System Restart Cause', netfn: CHASSIS, cmd: 0x07, data: NONE },
  {
    ...{ name: 'Set System Boot Options', netfn: CHASSIS, cmd: 0x08, role: 'operator' },
    data: [
      // IPMI v2.0 table 28-14. Set in progress; what leaves the flags valid; who has read them.
      [oneOf(0x00), upTo(2)],
      [oneOf(0x03), within(0x1f)],
      [oneOf(0x04), any, any],
      // Boot flags: how long and by which firmware, the device, its instance. No clearing of the CMOS, no locks, no way around passwords.
      [oneOf(0x05), within(0xe0), within(0x3c), zero, zero, within(0x1f)],
    ],
  },
  { name: 'Get System Boot Options', netfn: CHASSIS, cmd: 0x09, data: [[upTo(7), zero, zero]] },
  { name: 'Get POH Counter', netfn: CHASSIS, cmd: 0x0f, data: NONE },
  { name: 'Get Sensor Reading Factors', netfn: SENSOR, cmd: 0x23, data: [[any, any]] },
  { name: 'Get Sensor Hysteresis', netfn: SENSOR, cmd: 0x25, data: [[any, any]] },
  { name: 'Get Sensor Thresholds', netfn: SENSOR, cmd: 0x27, data: [[any]] },
  { name: 'Get Sensor Event Enable', netfn: SENSOR, cmd: 0x29, data: [[any]] },
  { name: 'Get Sensor Event Status', netfn: SENSOR, cmd: 0x2b, data: [[any]] },
  { name: 'Get Sensor Reading', netfn: SENSOR, cmd: 0x2d, data: [[any]] },
  { name: 'Get Sensor Type', netfn: SENSOR, cmd: 0x2f, data: [[any]] },
  { name: 'Get Device ID', netfn: APP, cmd: 0x01, data: NONE },
  { name: 'Get Self Test Results', netfn: APP, cmd: 0x04, data: NONE },
  { name: 'Get ACPI Power State', netfn: APP, cmd: 0x07, data: NONE },
  { name: 'Get Device GUID', netfn: APP, cmd: 0x08, data: NONE },
  { name: 'Get System GUID', netfn: APP, cmd: 0x37, data: NONE },
  { name: 'Get FRU Inventory Area Info', netfn: STORAGE, cmd: 0x10, data: [[any]] },
  { name: 'Read FRU Data', netfn: STORAGE, cmd: 0x11, data: [[any, any, any, any]] },
  { name: 'Get SDR Repository Info', netfn: STORAGE, cmd: 0x20, data: NONE },
  { name: 'Get SDR Repository Allocation Info', netfn: STORAGE, cmd: 0x21, data: NONE },
  { name: 'Reserve SDR Repository', netfn: STORAGE, cmd: 0x22, data: NONE },
  { name: 'Get SDR', netfn: STORAGE, cmd: 0x23, data: [[any, any, any, any, any, any]] },
  { name: 'Get SDR Repository Time', netfn: STORAGE, cmd: 0x28, data: NONE },
  { name: 'Get SEL Info', netfn: STORAGE, cmd: 0x40, data: NONE },
  { name: 'Get SEL Allocation Info', netfn: STORAGE, cmd: 0x41, data: NONE },
  { name: 'Reserve SEL', netfn: STORAGE, cmd: 0x42, data: NONE },
  { name: 'Get SEL Entry', netfn: STORAGE, cmd: 0x43, data: [[any, any, any, any, any, any]] },
  { name: 'Get SEL Time', netfn: STORAGE, cmd: 0x48, data: NONE },
];

const ROWS: ReadonlyMap<number, Allowed> = new Map(ALLOWED.map((row) => [(row.netfn << 8) | row.cmd, row]));

/** A request as it came. */
export interface IpmiRequest {
  netfn: number;
  cmd: number;
  data: Uint8Array;
  /** Of whom it is asked. */
  lun: number;
  rs_addr: number;
}

/** Of the BMC itself on its bus. */
export const BMC_ADDRESS = 0x20;

/** The name of what is passed on, or why nothing is. Pure. */
export function judgeIpmi(
  { netfn, cmd, data, lun, rs_addr }: IpmiRequest,
  role: LeaseRole,
): { name: string; changes: boolean } | { refused: string } {
  if (rs_addr !== BMC_ADDRESS || lun !== 0)
    return { refused: 'The gateway passes on what is asked of the BMC itself.' };
  const row = ROWS.get((netfn << 8) | cmd);
  if (row === undefined) return { refused: 'The gateway does not pass this command on.' };
  if (row.role === 'operator' && role !== 'operator') return { refused: 'The lease is for reading only.' };
  const fits = row.data.some(
    (form) => form.length === data.length && form.every((check, at) => check(data[at] ?? 0)),
  );
  if (!fits) return { refused: `The gateway does not pass ${row.name} on with these bytes.` };
  return { name: row.name, changes: row.role === 'operator' };
}
