import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../../config/system-clock.ts';
import type { CallOptions, Connection } from '../../../drivers/contract.ts';
import { createIpmiDriver } from '../../../drivers/ipmi/driver.ts';
import { createRedfishDriver } from '../../../drivers/redfish/driver.ts';
import { createIso } from '../../../iso/iso9660.ts';
import { selfSignedCertificate } from '../../../rack/certificate.ts';
import { type QemuServer, startQemuServer } from '../../../rack/qemu/qemu-server.ts';
import { bootSector } from '../../builders/boot-sector.ts';
import { recordingContext } from '../../contract/driver-bench.ts';
import { QUICK_OPTIONS as IPMI_OPTIONS } from '../../drivers/ipmi/ipmi-options.ts';
import { QUICK_OPTIONS } from '../../drivers/redfish/redfish-bench.ts';
import { eventually } from '../../services/eventually.ts';
import { freePort } from '../../services/free-port.ts';
import { type TemporaryFolder, temporaryFolder } from '../../services/temporary-folder.ts';

const CALL: CallOptions = { timeout_ms: 20_000 };
const USER = { name: 'admin', password: 's3rial-line' };
const FROM_DISK = 'Booted from the disk.';
const FROM_CD = 'Booted from the CD.';

describe('a machine in QEMU behind a Redfish BMC', function () {
  this.timeout(120_000);
  let folder: TemporaryFolder;
  let files: Server;
  let server: QemuServer;
  let driver: ReturnType<typeof createRedfishDriver>;
  let connection: Connection;
  let printed: string;
  let bmc_port: number;

  before(async () => {
    folder = await temporaryFolder('kurogane-qemu-spec-');
    bmc_port = await freePort('udp');
    const disk = join(folder.path, 'disk.img');
    await writeFile(disk, Buffer.concat([bootSector(FROM_DISK), Buffer.alloc(1024 * 1024 - 512)]));
    const loader = bootSector(FROM_CD);
    const iso = createIso('rescue', [{ path: 'boot.bin', content: loader }], 0, { bios: loader });
    files = createServer((request, response) => {
      if (request.url === '/rescue.iso') response.end(iso);
      else response.writeHead(404).end();
    });
    await once(files.listen(0, '127.0.0.1'), 'listening');
    const certificate = await selfSignedCertificate('127.0.0.1', systemClock.now());
    const ca_file = join(folder.path, 'ca.pem');
    await writeFile(ca_file, certificate.cert);
    const login = { username: 'admin', password: 'r3dfish-s3cret' };
    server = await startQemuServer({
      ...{ clock: systemClock, bmc_port, memory_mb: 64, netdevs: [], disk },
      bmc: { address: '127.0.0.1', users: [{ ...USER, privilege: 4 }] },
      identity: {
        ...{ name: 'QEMU-R', serial: 'QEMU-R', manufacturer: 'QEMU', product_name: 'Virtual' },
        ...{
          uuid: '4c4c4544-0000-4010-8000-000000000021',
          macs: ['52:54:00:e2:21:01'],
          address: '127.0.0.1',
        },
      },
      serial_log: join(folder.path, 'serial.log'),
      redfish: { address: '127.0.0.1', port: 0, ...login, certificate },
    });
    printed = '';
    server.serial.onData((bytes) => {
      printed += Buffer.from(bytes).toString('latin1');
    });
    driver = createRedfishDriver(recordingContext().context, QUICK_OPTIONS);
    const parsed = driver.parse({
      redfish_address: server.redfish?.url ?? '',
      redfish_username: login.username,
      redfish_password: login.password,
      redfish_verify_ca: ca_file,
    });
    if (!('info' in parsed)) throw new Error(parsed.problems.join());
    connection = await driver.connect(parsed.info, CALL);
  });
  after(async () => {
    await connection?.[Symbol.asyncDispose]();
    await driver?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    files?.close();
    await folder?.remove();
  });

  const prints = async (sentence: string): Promise<void> => {
    await eventually(() => expect(`${printed}\n${server.output()}`).to.contain(sentence), 60_000);
    printed = '';
  };
  const powerIs = (power: 'power on' | 'power off') =>
    eventually(async () => expect(await connection.power.get(CALL)).to.equal(power), 20_000);

  it('boots its disk, and talks on its serial port', async () => {
    expect(await connection.power.get(CALL)).to.equal('power off');
    await connection.boot?.set({ boot_device: 'disk', persistent: true, boot_mode: null }, CALL);
    await connection.power.set('power on', CALL);
    await powerIs('power on');
    await prints(FROM_DISK);
    server.serial.write(Buffer.from('is anybody there?'));
    await prints('is anybody there?');
  });

  it('shows the same serial port by Serial over LAN, both ways', async () => {
    await using ipmi = createIpmiDriver(recordingContext().context, IPMI_OPTIONS);
    const parsed = ipmi.parse({
      ...{ ipmi_address: '127.0.0.1', ipmi_port: bmc_port },
      ...{ ipmi_username: USER.name, ipmi_password: USER.password },
    });
    if (!('info' in parsed)) throw new Error(parsed.problems.join());
    await using bmc = await ipmi.connect(parsed.info, CALL);
    expect(await bmc.power.get(CALL)).to.equal('power on');
    const line = await bmc.serialConsole?.open(CALL);
    if (line === undefined) throw new Error('no console');
    await using console = line;
    await console.write(Buffer.from('over the network'), CALL);
    let heard = '';
    for await (const bytes of console.output) {
      heard += Buffer.from(bytes).toString('latin1');
      if (heard.includes('over the network')) break;
    }
  });

  it('shows its screen on the graphical console', async () => {
    const stream = await connection.graphicalConsole?.connect(CALL);
    if (stream === undefined) throw new Error('no screen');
    let greeting = '';
    for await (const bytes of stream) {
      greeting += bytes;
      if (greeting.endsWith('\n')) break;
    }
    expect(greeting).to.equal('RFB 003.008\n');
    stream.destroy();
  });

  it('boots from virtual media once, and then from its disk again, without being switched off', async () => {
    await connection.virtualMedia?.attach('cdrom', `${url()}/rescue.iso`, CALL);
    await connection.boot?.set({ boot_device: 'cdrom', persistent: false, boot_mode: null }, CALL);
    await connection.power.set('rebooting', CALL);
    await prints(FROM_CD);
    await eventually(
      async () => expect(await connection.boot?.get(CALL)).to.include({ boot_device: null }),
      20_000,
    );
    await connection.power.set('rebooting', CALL);
    await prints(FROM_DISK);
    await connection.virtualMedia?.detach(null, CALL);
    expect(await connection.virtualMedia?.list(CALL)).to.deep.include({
      ...{ media_types: ['CD', 'DVD'], inserted: false, image: null },
    });
  });

  it('is given its media while it is off, and boots from there for good until they are taken out', async () => {
    await connection.power.set('power off', CALL);
    await powerIs('power off');
    await connection.virtualMedia?.attach('cdrom', `${url()}/rescue.iso`, CALL);
    await connection.boot?.set({ boot_device: 'cdrom', persistent: true, boot_mode: null }, CALL);
    await connection.power.set('power on', CALL);
    await prints(FROM_CD);
    await connection.nmi?.inject(CALL);
    await connection.virtualMedia?.detach(['cdrom'], CALL);
    await connection.boot?.set({ boot_device: 'disk', persistent: true, boot_mode: null }, CALL);
    await connection.power.set('rebooting', CALL);
    await prints(FROM_DISK);
    expect(server.output()).to.equal('');
  });

  it('tells that its machine died, and starts it again', async () => {
    const { pid } = server;
    if (pid === null) throw new Error('it is off');
    process.kill(pid, 'SIGKILL');
    await powerIs('power off');
    expect(
      server.machine.events.some(({ event, detail }) => event === 'power is off' && detail === 'SIGKILL'),
    ).to.equal(true);
    await connection.power.set('power on', CALL);
    await prints(FROM_DISK);
  });

  it('says why a medium is not there', async () => {
    await connection.virtualMedia?.attach('cdrom', `${url()}/nothing.iso`, CALL);
    await eventually(() => expect(server.output()).to.contain('nothing.iso was answered 404'), 20_000);
    await connection.virtualMedia?.detach(null, CALL);
  });

  const url = (): string => `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
});
