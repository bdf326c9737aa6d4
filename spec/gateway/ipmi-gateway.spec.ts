import { expect } from 'chai';
import { chassisControl } from '../../drivers/ipmi/commands/chassis-control.ts';
import { getChassisStatus } from '../../drivers/ipmi/commands/get-chassis-status.ts';
import { getDeviceId } from '../../drivers/ipmi/commands/get-device-id.ts';
import { activatePayload, SOL_INSTANCE } from '../../drivers/ipmi/commands/payload.ts';
import { judgeIpmi } from '../../gateway/ipmi/allow-list.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { RawConsole, type RawSession } from '../rack/raw-console.ts';
import { eventually } from '../services/eventually.ts';
import { forbiddenDatagrams } from './forbidden-ipmi.ts';
import { type IpmiBench, P1, startIpmiBench } from './ipmi-bench.ts';

/** The whole number is for a machine of one's own: GATEWAY_REQUESTS=100000. */
const REQUESTS = Number(process.env.GATEWAY_REQUESTS ?? 2000);

describe('S83 the IPMI gateway', function () {
  this.timeout(60_000);
  let gateway: IpmiBench;
  let node: NodeRecord;
  const consoles: RawConsole[] = [];
  before(async () => {
    gateway = await startIpmiBench();
  });
  after(() => gateway[Symbol.asyncDispose]());
  beforeEach(async () => {
    node = await gateway.node();
  });
  afterEach(async () => {
    for (const each of consoles.splice(0)) await each[Symbol.asyncDispose]();
  });

  const open = async (): Promise<RawConsole> => {
    const made = await RawConsole.open({ address: '127.0.0.1', port: gateway.listener.port });
    consoles.push(made);
    return made;
  };
  const revoke = (uuid: string) =>
    gateway.api.ask('DELETE', `/v1/servers/${node.uuid}/bmc-leases/${uuid}`, undefined, P1);

  /** Those of leases whose server is gone end by themselves. */
  const none = () => eventually(() => expect(gateway.listener.gateway.sessions).to.equal(0), 5000);

  it('leads the holder to the BMC with the account of the lease, which is no administrator', async () => {
    const { username, password } = await gateway.lease(node);
    const session = await (await open()).mustLogin(username, password);
    expect((await session.run(getChassisStatus, {})).completion_code).to.equal(0);
    const account = gateway.server.bmc.users.find(({ name }) => name === username);
    expect(account?.privilege).to.equal(3);
    expect(account?.password).not.to.equal(password);
    expect(gateway.asked()).to.include('00 01');
  });

  it('keeps what the holder was told only under the key of the database, and not longer than the lease', async () => {
    const { uuid, password } = await gateway.lease(node);
    const kept = await gateway.bench.store.bmc_leases.get(uuid);
    expect(kept?.bmc.holder_password).to.equal(password);
    await revoke(uuid);
    expect((await gateway.bench.store.bmc_leases.get(uuid))?.bmc).to.deep.equal({});
  });

  it('ends with the lease at once, also an open session that asks nothing', async () => {
    const { uuid, username, password } = await gateway.lease(node);
    await none();
    const session = await (await open()).mustLogin(username, password);
    await session.run(getDeviceId, {});
    expect(gateway.listener.gateway.sessions).to.equal(1);
    const began = performance.now();
    await revoke(uuid);
    await none();
    expect(performance.now() - began).to.be.below(1000);
  });

  it('asks the BMC nothing more once the lease is revoked', async () => {
    const { uuid, username, password } = await gateway.lease(node);
    const console = await open();
    const session = await console.mustLogin(username, password);
    await session.run(getDeviceId, {});
    gateway.asked();
    await revoke(uuid);
    console.send(session.seal(chassisControl.netfn, chassisControl.cmd, Uint8Array.of(0)));
    await none();
    expect(gateway.asked().filter((words) => words.startsWith('00'))).to.deep.equal([]);
    expect(await console.login(username, password)).to.deep.equal({ refused: 'rakp2', status: 0x0d });
  });

  it('closes the oldest session of a lease that opens too many, but none with a console open', async () => {
    await none();
    const { username, password } = await gateway.lease(node);
    const console = await open();
    const login = async () => {
      const session = await console.mustLogin(username, password);
      expect((await session.run(getDeviceId, {})).completion_code).to.equal(0);
      return session;
    };
    const typist = await login();
    const sol = { ...SOL_INSTANCE, encrypted: true, authenticated: true };
    expect((await typist.run(activatePayload, sol)).completion_code).to.equal(0);
    const theirs = gateway.server.bmc.sol.session;
    for (let n = 0; n < 9; n++) await login();
    expect(gateway.listener.gateway.sessions).to.equal(8);
    expect((await typist.run(getDeviceId, {})).completion_code).to.equal(0);
    expect(gateway.server.bmc.sol.session).to.equal(theirs);
  });

  it('lets nobody in by other words, or by a lease that has expired, is direct, or of a server given back', async () => {
    const good = await gateway.lease(node);
    const console = await open();
    const refused = { refused: 'rakp2', status: 0x0d };
    expect(await console.login(good.username, 'x')).to.deep.equal({ refused: 'rakp4', status: 0x0f });
    expect(await console.login('kl-00000000', 'x')).to.deep.equal(refused);
    expect(await console.login('admin', gateway.server.password)).to.deep.equal(refused);
    const { store } = gateway.bench;
    await store.nodes.update(node.uuid, { lessee: 'p2' });
    expect(await console.login(good.username, good.password)).to.deep.equal(refused);
    await store.nodes.update(node.uuid, { lessee: 'p1' });
    await console.mustLogin(good.username, good.password);
    await store.bmc_leases.update(good.uuid, { expires_at: (await store.now()) - 1 });
    expect(await console.login(good.username, good.password)).to.deep.equal(refused);
    const direct = await gateway.lease(node, { access: 'direct' });
    expect(await console.login(direct.username, direct.password)).to.deep.equal(refused);
    expect(gateway.asked()).to.deep.equal([]);
  });

  it('says why in the audit when the BMC is reached by another protocol', async () => {
    const { username, password } = await gateway.lease(node);
    await gateway.bench.store.nodes.update(node.uuid, { driver: 'redfish' });
    expect(await (await open()).login(username, password)).to.deep.equal({ refused: 'rakp2', status: 0x0d });
    const [entry] = await gateway.bench.store.audit.list({ node_uuid: node.uuid, limit: 1 });
    expect(entry?.detail.why).to.contain('use the Redfish gateway');
    expect(entry?.outcome).to.equal('refused');
  });

  it('does not listen to an address that guesses, and goes on listening to others', async () => {
    const { username, password } = await gateway.lease(node);
    const guesser = await open();
    await guesser.mustLogin(username, password);
    for (let n = 0; n < 10; n++) await guesser.login(username, `guess ${n}`);
    const waiting = guesser.login(username, password).then(
      () => 'answered',
      () => 'closed',
    );
    const silence = new Promise((resolve) => setTimeout(resolve, 300, 'silent'));
    expect(await Promise.race([waiting, silence])).to.equal('silent');
    const other = await RawConsole.open({ address: '127.0.0.1', port: gateway.listener.port }, '127.0.0.9');
    consoles.push(other);
    await other.mustLogin(username, password);
  });

  it(`lets none of ${REQUESTS} generated datagrams through that are forbidden or malformed`, async function () {
    this.timeout(900_000);
    await none();
    const [holder, reader, revoked] = [
      await gateway.lease(node),
      await gateway.lease(node, { role: 'read-only' }),
      await gateway.lease(node),
    ];
    const at = { address: '127.0.0.1', port: gateway.listener.port };
    const console = await RawConsole.open(at, '127.0.0.8');
    const other = await RawConsole.open(at, '127.0.0.8');
    consoles.push(console, other);
    const login = async ({ username, password }: typeof holder): Promise<RawSession> => {
      const session = await console.mustLogin(username, password);
      expect((await session.run(getDeviceId, {})).completion_code).to.equal(0);
      return session;
    };
    const sessions = {
      holder: await login(holder),
      reader: await login(reader),
      revoked: await login(revoked),
    };
    const { line, server } = gateway;
    const typist = await other.mustLogin(holder.username, holder.password);
    const sol = { ...SOL_INSTANCE, encrypted: true, authenticated: true };
    expect((await typist.run(activatePayload, sol)).completion_code).to.equal(0);
    const theirs = server.bmc.sol.session;
    await revoke(revoked.uuid);
    await eventually(() => expect(gateway.listener.gateway.sessions).to.equal(3), 5000);
    gateway.asked();
    let refused = 0;
    for (const { datagram, answered } of forbiddenDatagrams(REQUESTS, sessions)) {
      if (!answered) {
        console.send(datagram);
        continue;
      }
      await console.ask(datagram);
      refused += 1;
    }
    expect(console.waiting, 'nothing else was said').to.equal(0);
    expect(refused).to.be.above(REQUESTS / 4);
    // But the gateway's own good-bye for the lease that was revoked, which may be late.
    expect(gateway.asked(revoked)).to.deep.equal([]);
    expect([line.typed, server.bmc.sol.counts]).to.deep.equal(['', { breaks: 0, flushes: 0 }]);
    expect(server.bmc.sol.session).to.equal(theirs);
    expect((await sessions.holder.run(getDeviceId, {})).completion_code).to.equal(0);
    expect(gateway.asked()).to.deep.equal(['06 01']);
  });
});

describe('S83 the allow-list of the IPMI gateway', () => {
  const judge = (netfn: number, cmd: number, ...data: number[]) =>
    judgeIpmi({ netfn, cmd, data: Uint8Array.from(data), lun: 0, rs_addr: 0x20 }, 'operator');

  it('has no command that writes but power, lamp and boot device', () => {
    const passed: string[] = [];
    for (let netfn = 0; netfn < 0x40; netfn += 2)
      for (let cmd = 0; cmd < 0x100; cmd++)
        for (let length = 0; length <= 8; length++)
          for (const first of [0, 3, 4, 5]) {
            const data = Array.from({ length }, (_, at) => (at === 0 ? first : 0));
            const judged = judge(netfn, cmd, ...data);
            if ('name' in judged && !judged.name.startsWith('Get ')) passed.push(judged.name);
          }
    expect([...new Set(passed)]).to.have.members([
      ...['Chassis Control', 'Chassis Identify', 'Set System Boot Options'],
      ...['Reserve SDR Repository', 'Reserve SEL', 'Read FRU Data'],
    ]);
  });
});
