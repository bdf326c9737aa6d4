import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startParts } from '../../bin/parts.ts';
import { systemClock } from '../../config/system-clock.ts';
import { selfSignedCertificate } from '../../rack/certificate.ts';
import { type QemuServer, startQemuServer } from '../../rack/qemu/qemu-server.ts';
import { freePort } from '../services/free-port.ts';
import { isolinuxIso } from '../services/isolinux-iso.ts';
import { type TemporaryFolder, temporaryFolder } from '../services/temporary-folder.ts';
import type { PortalSite } from './portal-site.ts';

/** A machine in QEMU, twice in the site: by Redfish, which has its screen and its drive, and by IPMI, which has its serial port. */
export interface QemuInSite extends AsyncDisposable {
  server: QemuServer;
  folder: TemporaryFolder;
  /** Uuids of the two nodes. */
  redfish: string;
  ipmi: string;
  /** What it said on its serial port. */
  printed(): Promise<string>;
}

const USER = { username: 'admin', password: 'p0rtal-qemu' };

/** Builds the machine, off and with nothing to boot from. */
export async function startQemuInSite({ api }: Pick<PortalSite, 'api'>, name: string): Promise<QemuInSite> {
  return await startParts(async (parts) => {
    const folder = await temporaryFolder('kurogane-portal-qemu-');
    parts.defer(() => folder.remove());
    const certificate = await selfSignedCertificate('127.0.0.1', systemClock.now());
    const ca = join(folder.path, 'ca.pem');
    await writeFile(ca, certificate.cert);
    const serial_log = join(folder.path, 'serial.log');
    const bmc_port = await freePort('udp');
    const server = parts.own(
      await startQemuServer({
        ...{ clock: systemClock, bmc_port, memory_mb: 128, netdevs: [], serial_log },
        bmc: {
          address: '127.0.0.1',
          users: [{ name: USER.username, password: USER.password, privilege: 4 }],
        },
        identity: {
          ...{ name, serial: name, manufacturer: 'QEMU', product_name: 'Virtual', address: '127.0.0.1' },
          ...{ uuid: '4c4c4544-0000-4010-8000-000000000082', macs: ['52:54:00:e2:82:01'] },
        },
        redfish: { address: '127.0.0.1', port: 0, ...USER, certificate },
      }),
    );
    const create = async (body: object): Promise<string> =>
      (await api.request<{ uuid: string }>('POST', '/v1/nodes', { resource_class: 'qemu', ...body })).uuid;
    const redfish = await create({
      ...{ name, driver: 'redfish' },
      driver_info: {
        redfish_address: server.redfish?.url ?? '',
        redfish_username: USER.username,
        redfish_password: USER.password,
        redfish_verify_ca: ca,
      },
    });
    const ipmi = await create({
      ...{ name: `${name}-ipmi`, driver: 'ipmi' },
      driver_info: {
        ...{ ipmi_address: '127.0.0.1', ipmi_port: bmc_port },
        ...{ ipmi_username: USER.username, ipmi_password: USER.password },
      },
    });
    const printed = (): Promise<string> => readFile(serial_log, 'latin1').catch(() => '');
    return { server, folder, redfish, ipmi, printed };
  });
}

/** A CD whose boot loader waits for what is typed, on the screen and on the serial port. */
export async function promptIso(greeting: string, filler_bytes: number): Promise<Buffer> {
  const config = `SERIAL 0\nSAY ${greeting}\nPROMPT 1\nTIMEOUT 0\nLABEL none\n  LOCALBOOT -1\n`;
  return await isolinuxIso('portal', config, { 'filler.bin': Buffer.alloc(filler_bytes, 0x5a) });
}
