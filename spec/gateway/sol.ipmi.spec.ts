import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { inTerminal } from '../rack/in-terminal.ts';
import { runTool, type ToolResult } from '../rack/run-tool.ts';
import { eventually } from '../services/eventually.ts';
import { type IpmiBench, type IpmiLease, P1, startIpmiBench } from './ipmi-bench.ts';

/** ipmiconsole 1.6 takes no port but 623: for root. */
const ADDRESS = { host_ip: '127.79.1.1', port: 623 };

describe('S84 Serial over LAN through the IPMI gateway, by stock consoles', function () {
  this.timeout(60_000);
  let gateway: IpmiBench;
  let node: NodeRecord;
  let lease: IpmiLease;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-gateway-sol-'));
    gateway = await startIpmiBench(ADDRESS);
    node = await gateway.node();
    lease = await gateway.lease(node);
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    gateway.line.typed = '';
    gateway.server.bmc.sol.counts.breaks = 0;
  });

  const lanplus = ({ username }: IpmiLease): string[] => [
    ...['-I', 'lanplus', '-C', '17', '-H', ADDRESS.host_ip, '-U', username, '-E'],
  ];
  const ipmitool = (by: IpmiLease, ...args: string[]): Promise<ToolResult> =>
    runTool('ipmitool', [...lanplus(by), ...args], { IPMI_PASSWORD: by.password });
  const activate = (by = lease) =>
    inTerminal(
      ['ipmitool', ...lanplus(by), 'sol', 'activate'],
      { IPMI_PASSWORD: by.password },
      /SOL Session operational/,
    );
  const ipmiconsole = async ({ username, password }: IpmiLease) => {
    const config = join(folder, 'freeipmi.conf');
    await writeFile(config, `username ${username}\npassword ${password}\n`, { mode: 0o600 });
    const args = [`--config-file=${config}`, '-I', '17', '-h', ADDRESS.host_ip];
    return await inTerminal(['ipmiconsole', ...args], {}, /SOL established/);
  };
  const closed = () => eventually(() => expect(gateway.server.bmc.sol.session).to.equal(null), 5000);
  const noted = async (): Promise<JsonObject[]> => {
    const entries = await gateway.bench.store.audit.list({ node_uuid: node.uuid, limit: 100 });
    return entries.map(({ detail }) => detail as JsonObject);
  };

  it('ipmitool types, reads, sends a break and leaves; a second one is told that it is active', async () => {
    const { line, server } = gateway;
    await using console = await activate();
    line.print('login: ');
    await eventually(() => expect(console.seen()).to.include('login: '));
    console.type('root\r');
    await eventually(() => expect(line.typed).to.equal('root\r'));
    console.type('~B');
    await eventually(() => expect(server.bmc.sol.counts.breaks).to.equal(1));
    const second = await ipmitool(lease, 'sol', 'activate');
    expect(second.stdout + second.stderr).to.include('SOL payload already active on another session');
    expect((await ipmitool(lease, 'sol', 'info', '1')).stdout).to.match(/^Force Encryption +: true$/m);
    console.type('\r~.');
    await console.ended;
    await closed();
    const entries = await noted();
    const of = (name: string) => entries.filter((detail) => detail.name === name);
    expect(of('Activate Payload').map(({ why }) => why)).to.deep.equal([
      'Serial over LAN is active already.',
      null,
    ]);
    expect(of('Deactivate Payload')).to.have.length(1);
    expect(of('End of Serial over LAN')).to.have.length(1);
    expect(of('End of Serial over LAN')[0]).to.include({ why: 'It was deactivated.' });
    expect(JSON.stringify(entries)).not.to.include(Buffer.from('root').toString('hex'));
  });

  it('ipmiconsole types, reads and sends a break', async () => {
    const { line, server } = gateway;
    await using console = await ipmiconsole(lease);
    line.print('login: ');
    await eventually(() => expect(console.seen()).to.include('login: '));
    console.type('root');
    await eventually(() => expect(line.typed).to.equal('root'));
    console.type('&B');
    await eventually(() => expect(server.bmc.sol.counts.breaks).to.equal(1));
    console.type('&.');
    await console.ended;
    await closed();
  });

  it('shows what others who look see, by one session to the BMC, which the service has', async () => {
    const { line, server, consoles } = gateway;
    let seen = '';
    const watcher = {
      data: (bytes: Uint8Array) => {
        seen += Buffer.from(bytes).toString('latin1');
        return true;
      },
      ended: () => undefined,
    };
    const seat = await consoles.attach(node, watcher, false);
    line.print('before ');
    await eventually(() => expect(seen).to.equal('before '));
    await using console = await activate();
    await eventually(() => expect(console.seen()).to.include('before '));
    line.print('now');
    await eventually(() =>
      expect([seen, console.seen().includes('before now')]).to.deep.equal(['before now', true]),
    );
    expect(server.bmc.sol.session?.user?.name).to.equal(server.username);
    expect((await ipmitool(lease, 'sol', 'deactivate')).code).to.equal(0);
    const again = await ipmitool(lease, 'sol', 'deactivate');
    expect(again.stdout + again.stderr).to.include('SOL payload already de-activated');
    line.print('!');
    await eventually(() => expect(seen).to.equal('before now!'));
    seat.detach();
    await closed();
  });

  it('is closed within a second of the lease being revoked', async () => {
    const other = await gateway.lease(node);
    await using console = await ipmiconsole(other);
    const began = performance.now();
    await gateway.api.ask('DELETE', `/v1/servers/${node.uuid}/bmc-leases/${other.uuid}`, undefined, P1);
    await closed();
    expect(performance.now() - began).to.be.below(1000);
    // It is told, and does not wait for an answer that never comes.
    await console.ended;
  });

  it('is not for leases that only read, nor changed, and says when the BMC gives none', async () => {
    const reader = await gateway.lease(node, { role: 'read-only' });
    const read = await ipmitool(reader, 'sol', 'activate');
    expect(read.code).not.to.equal(0);
    await ipmitool(lease, 'sol', 'set', 'enabled', 'false', '1');
    await ipmitool(lease, 'sol', 'payload', 'disable', '1', '3');
    expect(gateway.server.bmc.sol.enabled).to.equal(true);
    gateway.server.bmc.sol.parameters.set(1, Uint8Array.of(0));
    const refused = await ipmitool(lease, 'sol', 'activate');
    gateway.server.bmc.sol.parameters.set(1, Uint8Array.of(1));
    expect(refused.stdout + refused.stderr).to.include('SOL payload disabled');
    const asked = gateway.asked().filter((words) => !/^06 (01|3b)/.test(words));
    expect(asked, 'by the account of the lease').to.deep.equal([]);
  });
});
