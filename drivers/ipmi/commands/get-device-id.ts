import { putU16, u8, u16, u24 } from '../codec/bytes.ts';
import { type Command, emptyRequest, NETFN, type Nothing, PRIVILEGE } from './command.ts';

export interface DeviceId {
  device_id: number;
  provides_sdrs: boolean;
  device_revision: number;
  /** Firmware is being updated or the device initialises: most commands will fail. */
  updating: boolean;
  firmware_major: number;
  /** BCD, as sent. */
  firmware_minor: number;
  /** BCD with swapped digits, as sent: 02h is 2.0. */
  ipmi_version: number;
  /** Bit set of what the device is: sensor device, SDR repository, SEL, FRU, …, chassis device. */
  supports: number;
  /** IANA enterprise number. */
  manufacturer_id: number;
  product_id: number;
}

/** IPMI v2.0 20.1 */
export const getDeviceId: Command<Nothing, DeviceId> = {
  name: 'Get Device ID',
  netfn: NETFN.app,
  cmd: 0x01,
  privilege: PRIVILEGE.user,
  repeatable: true,
  ...emptyRequest,
  encodeResponse: (device) => {
    const data = new Uint8Array(11);
    data[0] = device.device_id;
    data[1] = (device.provides_sdrs ? 0x80 : 0) | device.device_revision;
    data[2] = (device.updating ? 0x80 : 0) | device.firmware_major;
    data[3] = device.firmware_minor;
    data[4] = device.ipmi_version;
    data[5] = device.supports;
    putU16(data, 6, device.manufacturer_id & 0xffff);
    data[8] = (device.manufacturer_id >>> 16) & 0x0f;
    putU16(data, 9, device.product_id);
    return data;
  },
  decodeResponse: (data) => {
    if (data.length < 11) return 'truncated';
    return {
      device_id: u8(data, 0),
      provides_sdrs: (u8(data, 1) & 0x80) !== 0,
      device_revision: u8(data, 1) & 0x0f,
      updating: (u8(data, 2) & 0x80) !== 0,
      firmware_major: u8(data, 2) & 0x7f,
      firmware_minor: u8(data, 3),
      ipmi_version: u8(data, 4),
      supports: u8(data, 5),
      manufacturer_id: u24(data, 6) & 0x0fffff,
      product_id: u16(data, 9),
    };
  },
};

/** `2.17`: major in binary, minor in BCD. */
export function firmwareVersion(device: DeviceId): string {
  return `${device.firmware_major}.${device.firmware_minor.toString(16).padStart(2, '0')}`;
}
