import { generateKeyPairSync, verify } from 'node:crypto';
import { expect } from 'chai';
import { createCertifier } from '../../conductor/certificates/certifier.ts';
import { systemClock } from '../../config/system-clock.ts';
import { WITHOUT_IMAGE } from '../../lifecycle/deploy-interface.ts';
import type { EraseCertificateRecord } from '../../lifecycle/erase-certificate.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { Machine } from '../../rack/machine.ts';
import { type Rack, startRack } from '../../rack/rack.ts';
import { AGENT_INTERFACES, type AgentFront, createMachineDriver, startAgentFront } from './agent-bench.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

const MARKER = Buffer.alloc(3_000_000, 'the customer was here');
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const CERTIFIER = createCertifier(String(privateKey.export({ type: 'pkcs8', format: 'pem' })));

describe('the erase certificate', () => {
  let bench: ConductorBench;
  let rack: Rack;
  let front: AgentFront;
  let machine: Machine;

  beforeEach(async () => {
    const machines = new Map<string, Machine>();
    bench = await startConductorBench(
      {
        conductor: { poll_interval: 0.05 },
        agent: { require_tls: true },
        notices: { webhook_url: 'http://127.0.0.1:9/' },
      },
      { driver: createMachineDriver(machines) },
    );
    front = await startAgentFront(bench.store, () => bench.client, Buffer.alloc(0));
    rack = await startRack({
      ...{ count: 1, clock: systemClock, boot_url: () => front.url, time_scale: 0.01 },
      ...{ boot_order: ['disk'], delays_ms: { soft_off: 1 } },
    });
    const [server] = rack.servers;
    if (server === undefined) throw new Error('an empty rack');
    machine = server.machine;
    machines.set('one', machine);
    for (const disk of machine.disks)
      await disk.write(
        (async function* marker() {
          yield MARKER;
        })(),
      );
  });

  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
    await front[Symbol.asyncDispose]();
  });

  /** A server that the project `tenant` gives back. */
  async function giveBack(fields: Partial<NodeRecord> = {}): Promise<NodeRecord> {
    const node = await bench.node({
      ...{ ...AGENT_INTERFACES, driver_info: { machine: 'one' }, provision_state: 'active' },
      ...{ lessee: 'tenant', owner: 'provider', power_state: 'power on', ...fields },
    });
    const address = machine.identity.macs[0] ?? '';
    await bench.store.ports.create({ node_uuid: node.uuid, address, pxe_enabled: true });
    await bench.store.servers.update(node.uuid, { serial_number: 'SN-1' });
    await bench.client.provision(node, 'deleted', {}, { ...CALLER, user_id: 'alice' });
    return node;
  }

  const certificates = (): Promise<EraseCertificateRecord[]> => bench.store.erase_certificates.list();

  it('S97 is issued once the disks were read back, signed, and kept after the node is gone', async () => {
    await bench.start('conductor-1', { certifier: CERTIFIER });
    const node = await giveBack();
    await bench.settled(node, 'available');
    const [certificate, ...more] = await certificates();
    if (certificate === undefined) throw new Error('There is no certificate.');
    expect(more).to.deep.equal([]);
    const { document, signature } = certificate;
    expect(verify(null, Buffer.from(document), publicKey, Buffer.from(signature, 'base64'))).to.equal(true);
    expect(certificate).to.deep.include({ node_uuid: node.uuid, custodian: 'tenant', serial_number: 'SN-1' });
    const said = JSON.parse(document);
    expect(said).to.deep.include({ category: 'clear', custodian: 'tenant', uuid: certificate.uuid });
    expect(said.operator).to.deep.include({ user: 'alice', conductor: 'conductor-1' });
    expect(said.server).to.deep.include({ uuid: node.uuid, serial_number: 'SN-1' });
    expect(said.disks).to.have.length(machine.disks.length);
    expect(said.disks[0]).to.deep.include({
      ...{ serial: machine.disks[0]?.facts.serial, method: 'overwrite', category: 'clear' },
      read_back: { samples: 256, sample_bytes: 4096, found: 0 },
    });
    expect(said.custody.map(({ event }: { event: string }) => event)).to.include('deleted requested');
    const fresh = await bench.read(node);
    await bench.store.nodes.delete(fresh.uuid);
    expect(await certificates()).to.have.length(1);
  });

  it('S93 is never issued for a disk that lied, whose server goes into quarantine and not into stock, with people told', async () => {
    for (const disk of machine.disks) disk.faults = { keeps_data: true };
    await bench.start('conductor-1', { certifier: CERTIFIER });
    const node = await bench.settled(await giveBack(), 'clean failed');
    expect(await certificates()).to.deep.equal([]);
    expect(node.last_error).to.match(/still holds data after overwrite .* Take it out and destroy it/);
    expect(node.maintenance).to.equal(true);
    const server = await bench.store.servers.get(node.uuid);
    expect(server).to.deep.include({ stage: 'deletion', attention: true, quarantined: true });
    expect(server?.quarantine_reason).to.contain('still holds data');
    const notices = await bench.store.notices.list();
    expect(notices.map(({ event }) => event)).to.deep.equal(['server.quarantined']);
    const mended = await bench.client
      .provision(node, 'manage', {}, CALLER)
      .then(() => bench.settled(node, 'manageable'));
    const refused = await bench.client.provision(mended, 'provide', {}, CALLER).catch((error) => error);
    expect(refused.message).to.contain('quarantine');
  });

  it('S93 is issued for a server of an order without an operating system, whose deployment touched no disk', async () => {
    await bench.start('conductor-1', { certifier: CERTIFIER });
    const given = await giveBack({ instance_info: { ...WITHOUT_IMAGE } });
    const node = await bench.settled(given, 'available');
    expect(node).to.deep.include({ deploy_interface: 'direct', instance_info: {} });
    expect(machine.disks.every(({ empty }) => empty)).to.equal(true);
    expect(await certificates()).to.have.length(1);
  });

  it('is not issued without a key, and the journal says why', async () => {
    await bench.start();
    const node = await giveBack();
    await bench.settled(node, 'available');
    expect(await certificates()).to.deep.equal([]);
    const jobs = await bench.store.jobs.list({ where: { node_uuid: node.uuid, kind: 'clean' } });
    const journal = await bench.store.jobs.journals(jobs.map(({ id }) => id));
    expect(journal.findLast(({ step }) => step === 'verify_erasure')?.detail).to.contain('signing_key_file');
  });
});
