import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../../config/project-root.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import { ANSWER, type StubService, startStubService } from '../../api/registration/start-stub.ts';
import { MACHINE, startAgentMachine } from './agent-machine.ts';

const CERT = readFileSync(join(projectRoot, 'spec/fixtures/tls/server.pem'));
const FINGERPRINT = new X509Certificate(CERT).fingerprint256.replaceAll(':', '').toLowerCase();

describe('S2 S19 S20 S66 kurogane-agent register', () => {
  let stub: StubService;
  beforeEach(async () => {
    stub = await startStubService();
  });
  afterEach(() => stub[Symbol.asyncDispose]());

  const machine = (options: { fingerprint?: string; ipmitool?: string } = {}) =>
    startAgentMachine({
      ...{ target: `127.0.0.1:${stub.server.port}`, token: 'kg-agent', fingerprint: FINGERPRINT },
      ...options,
    });

  it('S24 S26 tells what the server is, sets its BMC in band, and shuts down', async () => {
    await using it = await machine();
    const { code, stdout } = await it.register();
    expect(code, stdout).to.equal(0);
    const [{ report, token } = { report: null, token: '' }] = stub.seen;
    expect(token).to.equal('kg-agent');
    expect(report).to.deep.include({
      ...{
        system_uuid: MACHINE.system_uuid,
        serial_number: 'CZ1234',
        manufacturer: 'HPE',
        product_name: 'DL360',
      },
      ...{ cpus: 2, cpu_model: 'Xeon', memory_mb: 49_152, boot_mode: 'bios', address: '192.0.2.44' },
      bmc: { address: '0.0.0.0', mac: '52:54:00:bb:bb:01' },
      disks: [
        { name: '/dev/sda', model: 'PM883', serial: '', wwn: '', size_bytes: 480e9, rotational: false },
      ],
    });
    expect(report?.ports).to.deep.equal([
      {
        ...{ name: 'kgnone0', mac: MACHINE.mac, carrier: true, optic: null, neighbour: null, pxe: true },
        ...{ ipv4_address: '192.0.2.44', speed_mbps: 25_000, vendor: '0x15b3', product: '0x1015' },
      },
    ]);
    expect(report?.firmware.map(({ component, version }) => `${component} ${version}`)).to.deep.equal([
      'bios U32 v2.10',
      'bmc 2.44',
    ]);
    const commands = (await it.commands()).filter((text) => /set|poweroff|enable|priv/.test(text));
    expect(commands.map((text) => text.replace(/exec .*/, 'exec'))).to.deep.equal([
      'lan set 1 ipsrc static',
      'lan set 1 ipaddr 192.0.2.9',
      'lan set 1 netmask 255.255.255.0',
      'lan set 1 vlan id off',
      'user set name 3 kurogane',
      `user set password 3 ${ANSWER.bmc?.password} 16`,
      'user priv 3 4 1',
      'channel setaccess 1 3 callin=on ipmi=on link=on privilege=4',
      'user enable 3',
      'poweroff -f',
    ]);
    expect(stdout).to.not.contain('planted').and.not.contain('kg-agent');
  });

  it('S27 S34 stays on and says what its BMC said', async () => {
    const told: string[] = [];
    stub.conductor = {
      ...stub.conductor,
      registrationProgress: async (_uuid, _secret, { cause, log_tail, outcome, step }) => {
        told.push(`${outcome} ${step} ${cause}`);
        if (outcome === 'failed') expect(log_tail).to.contain('bmc-lan: 192.0.2.9');
        return { action: outcome === 'failed' ? 'stay' : 'wait', step, cause: cause || null };
      },
    };
    await using it = await machine({
      ipmitool: '"lan set 1 netmask "*) echo "LAN Parameter Data does not match" >&2; exit 1 ;;',
    });
    const { code, stdout } = await it.register();
    expect(code).to.equal(1);
    const cause = 'ipmitool lan set 1 netmask 255.255.255.0: LAN Parameter Data does not match';
    expect(told).to.deep.equal(['running bmc-lan ', `failed bmc-lan ${cause}`]);
    expect(stdout).to.contain(`REGISTRATION FAILED at bmc-lan: ${cause}`);
    expect((await it.commands()).filter((text) => text.startsWith('poweroff'))).to.deep.equal([]);
  });

  it('S17 stays on when the service says so, with the reason', async () => {
    const cause = 'Port eno1 is in the wrong port: expected leaf1 Eth1/9, found leaf1 Eth1/1. — “schön”';
    stub.conductor = {
      ...stub.conductor,
      register: async () => ({ ...ANSWER, action: 'stay', step: 'cabling', cause, bmc: null }),
    };
    await using it = await machine();
    const { code, stdout } = await it.register();
    expect(code).to.equal(1);
    expect(stdout).to.contain(`REGISTRATION FAILED at cabling: ${cause}`);
  });

  it('names a refusal', async () => {
    const why = 'Two servers have the system UUID; “100 %” sure.';
    stub.conductor = {
      ...stub.conductor,
      register: () => Promise.reject(serviceError('DoubledSystemUuid', { why })),
    };
    await using it = await machine();
    const { code, stdout } = await it.register();
    expect(code).to.equal(1);
    expect(stdout).to.contain(`REGISTRATION REFUSED DoubledSystemUuid: ${why}`);
  });

  it('comes again while the service is busy', async () => {
    let times = 0;
    const { conductor } = stub;
    stub.conductor = {
      ...conductor,
      register: (token, report) =>
        times++ === 0
          ? Promise.reject(serviceError('ServiceUnavailable', { why: 'No conductor is running.' }))
          : conductor.register(token, report),
    };
    await using it = await machine();
    expect((await it.register()).code).to.equal(0);
    expect(times).to.equal(2);
  });

  it('tells nothing to a service with another certificate', async () => {
    await using it = await machine({
      fingerprint: FINGERPRINT.replace(/^./, (first) => (first === '0' ? '1' : '0')),
    });
    const { code, stdout } = await it.register();
    expect(code).to.equal(1);
    expect(stdout).to.contain('another certificate');
    expect(stub.seen).to.deep.equal([]);
  });
});
