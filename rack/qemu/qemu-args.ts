import type { MachineIdentity } from '../agent-host.ts';
import type { BootOverride } from '../machine.ts';

export interface QemuHardware {
  identity: MachineIdentity;
  /** What DHCP tells its firmware to boot: a URL, as the guest reaches it (this machine is 10.0.2.2). Default: it does not boot from the network. */
  bootfile?: string;
  memory_mb: number;
  /** A raw disk image. Default: it has no disk. */
  disk?: string;
  /** The same as an NVMe disk, which formats itself. Its firmware does not boot from it. */
  nvme?: string;
  /** `-netdev` arguments of further ports, in the order of the identity's MAC addresses from the second on. */
  netdevs: readonly string[];
  /** Ports of this machine's loopback that lead to ports of the guest, at the address of its DHCP or another one that it has. */
  forwards?: readonly { from: number; to: number; address?: string }[];
  /** Grows with what it prints on its serial port. */
  serial_log: string;
}

/** Where QEMU finds its other ends: paths of sockets. */
export interface QemuEnds {
  qmp: string;
  serial: string;
  /** QEMU itself listens there. */
  vnc: string;
  /** Port of loopback where its BMC is. */
  in_band_port: number;
}

/** Devices that it boots from, by their ids. */
export const BOOT_DEVICES = { pxe: 'nic0', disk: 'hd0', cdrom: 'cd0' } as const;
export type BootDeviceId = (typeof BOOT_DEVICES)[keyof typeof BOOT_DEVICES];

/** Where its firmware looks first, second and third. */
export function bootOrder(override: BootOverride | null): readonly BootDeviceId[] {
  const usual = [BOOT_DEVICES.pxe, BOOT_DEVICES.disk, BOOT_DEVICES.cdrom];
  const first = override?.device;
  if (first !== 'pxe' && first !== 'disk' && first !== 'cdrom') return usual;
  return [BOOT_DEVICES[first], ...usual.filter((id) => id !== BOOT_DEVICES[first])];
}

/** Arguments of QEMU for a machine under TCG, which works wherever QEMU does. @param medium a file in its CD drive; null: it is empty */
export function qemuArgs(
  hardware: QemuHardware,
  ends: QemuEnds,
  order: readonly BootDeviceId[],
  medium: string | null,
): string[] {
  const { bootfile, disk, forwards = [], identity, memory_mb, netdevs, nvme, serial_log } = hardware;
  const { macs, manufacturer, product_name, serial, uuid } = identity;
  const boot = bootfile === undefined ? '' : `,bootfile=${bootfile}`;
  const rom = bootfile === undefined ? ',romfile=' : '';
  const hostfwd = forwards
    .map(({ address = '', from, to }) => `,hostfwd=tcp:127.0.0.1:${from}-${address}:${to}`)
    .join('');
  const index = (id: BootDeviceId): string => `bootindex=${order.indexOf(id) + 1}`;
  const drive = medium === null ? '' : ',drive=medium';
  return [
    ...['-accel', 'tcg', '-m', `${memory_mb}`, '-vnc', `unix:${ends.vnc}`, '-monitor', 'none'],
    ...['-chardev', `socket,id=qmp,path=${ends.qmp}`, '-mon', 'chardev=qmp,mode=control'],
    ...['-chardev', `socket,id=serial,path=${ends.serial},logfile=${serial_log},logappend=on`],
    ...['-serial', 'chardev:serial', '-uuid', uuid],
    ...['-smbios', 'type=0,vendor=Kurogane,version=2.10'],
    ...['-smbios', `type=1,manufacturer=${manufacturer},product=${product_name},serial=${serial}`],
    ...['-netdev', `user,id=n0${boot}${hostfwd}`],
    ...['-device', `virtio-net-pci,id=nic0,netdev=n0,mac=${macs[0]},${index('nic0')}${rom}`],
    ...netdevs.flatMap((netdev, at) => [
      ...['-netdev', netdev],
      ...['-device', `virtio-net-pci,netdev=${/id=(\w+)/.exec(netdev)?.[1]},mac=${macs[at + 1]},romfile=`],
    ]),
    ...(disk === undefined
      ? []
      : [
          ...['-drive', `if=none,id=disk,format=raw,cache=unsafe,file=${disk}`],
          ...['-device', `virtio-blk-pci,id=hd0,drive=disk,${index('hd0')}`],
        ]),
    ...(nvme === undefined
      ? []
      : [
          ...['-drive', `if=none,id=flash,format=raw,cache=unsafe,file=${nvme}`],
          ...['-device', `nvme,drive=flash,serial=${serial}-NVME`],
        ]),
    ...(medium === null
      ? []
      : ['-drive', `if=none,id=medium,format=raw,readonly=on,media=cdrom,file=${medium}`]),
    // Its firmware reads ten times as fast by AHCI as by IDE.
    ...['-device', 'ich9-ahci,id=ahci', '-device', `ide-cd,id=cd0,bus=ahci.0${drive},${index('cd0')}`],
    ...['-chardev', `socket,id=ipmi0,host=127.0.0.1,port=${ends.in_band_port},reconnect=1`],
    ...['-device', 'ipmi-bmc-extern,id=bmc0,chardev=ipmi0', '-device', 'isa-ipmi-kcs,bmc=bmc0'],
  ];
}
