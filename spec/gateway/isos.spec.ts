import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type BootServer, startBoot } from '../../boot/server.ts';
import { systemClock } from '../../config/system-clock.ts';
import { createRedfishDriver } from '../../drivers/redfish/driver.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { type RedfishRack, type RedfishServer, startRedfishRack } from '../../rack/redfish/redfish-rack.ts';
import { type LifecycleBench, serveLifecycle } from '../api/lifecycle/lifecycle-bench.ts';
import { runClient } from '../cli/client-bench.ts';
import {
  type ConductorBench,
  SILENT,
  settingsWith,
  startConductorBench,
} from '../conductor/conductor-bench.ts';
import { eventually } from '../services/eventually.ts';
import { freePort } from '../services/free-port.ts';

const P1: Partial<Caller> = { system_scope: false, project_id: 'p1', roles: ['member', 'reader'] };

describe('S81 ISO images that are brought', function () {
  this.timeout(30_000);
  let folder: string;
  let rack: RedfishRack;
  let bmc: RedfishServer;
  let bench: ConductorBench;
  let api: LifecycleBench;
  let boot: BootServer;
  let node: NodeRecord;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-isos-'));
    rack = await startRedfishRack({ count: 1, clock: systemClock, boot_url: () => 'http://127.0.0.1:1' });
    const [server] = rack.servers;
    if (server === undefined) throw new Error('The rack is empty.');
    bmc = server;
    const port = await freePort();
    bench = await startConductorBench(
      {
        DEFAULT: { enabled_hardware_types: ['redfish'] },
        isos: { path: join(folder, 'isos') },
        deploy: { http_url: `http://127.0.0.1:${port}` },
      },
      {
        driver: createRedfishDriver(
          { clock: systemClock, log: SILENT },
          settingsWith({ redfish: { auth_type: 'basic' } }).redfish,
        ),
      },
    );
    const { store } = bench;
    api = await serveLifecycle(bench, undefined, true);
    await bench.start();
    boot = await startBoot({
      ...{ host_ip: '127.0.0.1', port, image_path: folder, store, log: SILENT, clock: systemClock },
      facts: { api_url: '', kernel_append_params: '', deploy_kernel: '', deploy_ramdisk: '' },
      ...{ glance: null, allowed_paths: [], uploads: { store, folder: join(folder, 'isos') } },
    });
    node = await bench.node({
      ...{ driver: 'redfish', provision_state: 'active', lessee: 'p1' },
      ...{ power_interface: 'redfish', management_interface: 'redfish' },
      driver_info: { ...bmc.redfish_info, redfish_verify_ca: false },
    });
  });
  after(async () => {
    await boot[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const put = async (uuid: string, offset: number, bytes: Uint8Array): Promise<[number, JsonObject]> => {
    const answer = await fetch(`${api.url}/v1/isos/${uuid}/content?offset=${offset}`, {
      method: 'PUT',
      headers: { 'x-spec-caller': JSON.stringify(P1), 'content-type': 'application/octet-stream' },
      body: bytes as Uint8Array<ArrayBuffer>,
    });
    return [answer.status, (await answer.json()) as JsonObject];
  };
  const announce = async (bytes: Uint8Array, sha256 = hash(bytes)): Promise<string> => {
    const made = await api.ask('POST', '/v1/isos', { name: 'a.iso', size_bytes: bytes.length, sha256 }, P1);
    expect(made.status, JSON.stringify(made.body)).to.equal(201);
    return String(made.body.uuid);
  };
  const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const mount = (iso: string) => api.ask('POST', `/v1/servers/${node.uuid}/actions/iso-mount`, { iso }, P1);
  const inserted = (): string =>
    bmc.redfish.state.media.map(({ image }) => image).find((image) => image !== null) ?? '';

  it('come in parts, and go into the drive of the server, whose BMC alone reads them', async () => {
    const bytes = randomBytes(100_000);
    const uuid = await announce(bytes);
    expect((await put(uuid, 0, bytes.subarray(0, 60_000)))[1]).to.include({ state: 'uploading' });
    expect((await put(uuid, 0, bytes))[0], 'not the next part').to.equal(409);
    expect((await put(uuid, 60_000, bytes.subarray(60_000)))[1]).to.include({ state: 'ready' });
    expect((await mount(uuid)).status).to.equal(202);
    await eventually(() => expect(inserted()).to.contain('/isos/'), 10_000);
    const url = inserted();
    const read = await fetch(url, { headers: { range: 'bytes=50000-' } });
    expect(read.status).to.equal(206);
    expect(Buffer.from(await read.arrayBuffer()).equals(bytes.subarray(50_000))).to.equal(true);
    const stored = JSON.stringify(await bench.store.iso_mounts.list({}));
    expect(stored).not.to.contain(url.split('/').at(-1)?.slice(0, 32));
    expect((await fetch(`${url.slice(0, -10)}aaaaaa.iso`)).status).to.equal(404);
    await bench.store.nodes.update(node.uuid, { lessee: 'p2' });
    expect((await fetch(url)).status, 'given back').to.equal(404);
    await bench.store.nodes.update(node.uuid, { lessee: 'p1' });
    expect((await fetch(url)).status).to.equal(200);
    expect((await api.remove(`/v1/isos/${uuid}`, P1)).status).to.equal(204);
    expect((await fetch(url)).status, 'deleted').to.equal(404);
    expect(await readdir(join(folder, 'isos'))).to.deep.equal([]);
  });

  it('are refused with another checksum, and nothing of them is kept', async () => {
    const bytes = randomBytes(1000);
    const uuid = await announce(bytes, hash(Buffer.from('other')));
    const [status, body] = await put(uuid, 0, bytes);
    expect([status, JSON.stringify(body)][0]).to.equal(409);
    expect(JSON.stringify(body)).to.contain(hash(bytes));
    expect((await mount(uuid)).status).to.equal(409);
    expect(await readdir(join(folder, 'isos'))).to.deep.equal([]);
    await api.remove(`/v1/isos/${uuid}`, P1);
  });

  it('are cleared away when their time is over', async () => {
    const bytes = randomBytes(10);
    const uuid = await announce(bytes);
    await put(uuid, 0, bytes);
    await bench.store.isos.update(uuid, { expires_at: 1 });
    await api.remove(`/v1/isos/${await announce(bytes)}`, P1);
    expect(await bench.store.isos.get(uuid)).to.equal(null);
    expect(await readdir(join(folder, 'isos'))).to.deep.equal([]);
  });

  it('are brought by kurogane iso upload', async () => {
    const bytes = randomBytes(17 * 1024 * 1024);
    const file = join(folder, 'big.iso');
    await writeFile(file, bytes);
    const env = { OS_AUTH_TYPE: 'none', OS_ENDPOINT: api.url };
    const done = await runClient(['iso', 'upload', file, '--sha256', hash(bytes), '-o', 'json'], env);
    expect(done.code, done.stderr).to.equal(0);
    const shown = JSON.parse(done.stdout) as JsonObject;
    expect(shown).to.include({
      name: 'big.iso',
      state: 'ready',
      sha256: hash(bytes),
      size_bytes: bytes.length,
    });
    expect(done.stderr).to.contain('100 %');
    expect((await runClient(['iso', 'upload', join(folder, 'none.iso')], env)).code).to.equal(2);
    await runClient(['iso', 'delete', String(shown.uuid), '--yes'], env);
  });
});
