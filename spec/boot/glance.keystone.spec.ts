import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'chai';
import { type ImageCache, openImageCache } from '../../boot/image-cache.ts';
import { type BootServer, startBoot } from '../../boot/server.ts';
import { systemClock } from '../../config/system-clock.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { createGlanceClient, type GlanceClient } from '../../net/glance-client.ts';
import { openServiceSession, type ServiceSession } from '../../net/service-session.ts';
import { SILENT } from '../conductor/conductor-bench.ts';
import { type GlanceServer, startGlance } from '../services/glance.ts';
import { type KeystoneServer, startKeystone } from '../services/keystone.ts';
import { type TemporaryFolder, temporaryFolder } from '../services/temporary-folder.ts';

const NODE = '4c4c4544-0000-4010-8000-000000000001';
const BYTES = randomBytes(5 * 1024 * 1024 + 3);
const sha512 = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('hex');

describe('a real Glance, found in the catalogue of Keystone', function () {
  this.timeout(240_000);
  const opened: AsyncDisposable[] = [];
  const own = <T extends AsyncDisposable>(part: T): T => {
    opened.push(part);
    return part;
  };
  let keystone: KeystoneServer;
  let glance: GlanceServer;
  let session: ServiceSession;
  let client: GlanceClient;
  let folder: TemporaryFolder;
  let cache: ImageCache;
  let server: BootServer;
  let token: string;
  let source: string;

  before(async () => {
    keystone = own(await startKeystone());
    const { admin } = keystone;
    glance = own(await startGlance(keystone));
    const images = await admin.createProject('images');
    const uploader = await admin.createUser('uploader');
    await admin.grant(uploader.id, 'admin', { project_id: images.id });
    token = await admin.token(uploader, { project_id: images.id });
    const service = await admin.createProject('service');
    const user = await admin.createUser('kurogane');
    await admin.grant(user.id, 'member', { project_id: service.id });
    session = own(
      openServiceSession(
        'Glance',
        ['image'],
        {
          ...{ auth_url: keystone.url, username: user.name, password: user.password },
          ...{ user_domain_name: 'Default', project_name: 'service', project_domain_name: 'Default' },
          ...{ cafile: '', region_name: 'RegionOne', valid_interfaces: ['internal', 'public'] },
          ...{ endpoint_override: '', request_timeout: 60 },
        },
        systemClock,
        { downloads: true },
      ),
    );
    client = createGlanceClient(session);
    folder = await temporaryFolder('kurogane-images-');
    own({ [Symbol.asyncDispose]: () => folder.remove() });
    cache = own(
      await openImageCache({
        folder: join(folder.path, 'cache'),
        most_bytes: 2 * BYTES.length,
        clock: systemClock,
        log: SILENT,
      }),
    );
    const node = async () =>
      ({
        uuid: NODE,
        driver_internal_info: { deploy_image: { token: 'T', source } },
      }) as unknown as NodeRecord;
    server = own(
      await startBoot({
        ...{ host_ip: '127.0.0.1', port: 0, image_path: folder.path, allowed_paths: [], clock: systemClock },
        facts: { api_url: '', kernel_append_params: '', deploy_kernel: '', deploy_ramdisk: '' },
        store: { nodes: { get: node }, ports: { nodeOf: async () => null } },
        ...{ glance: client, cache, log: SILENT },
      }),
    );
  });
  after(async () => {
    for (const each of opened.reverse()) await each[Symbol.asyncDispose]();
  });
  const get = (headers: Record<string, string> = {}) =>
    fetch(`${server.url}/deploy-images/${NODE}/T`, { headers });
  const bytes = async (reply: Response) => new Uint8Array(await reply.arrayBuffer());

  it('gives an image once, however many servers are written with it, with its hash and in ranges', async () => {
    const id = await glance.upload({ token, visibility: 'public', bytes: BYTES });
    source = `glance://${id}`;
    expect(await client.show(id, { any_project: false })).to.deep.include({
      ...{ id, size: BYTES.length, disk_format: 'raw', os_hash_algo: 'sha512', os_hash_value: sha512(BYTES) },
    });
    const [part, ...whole] = await Promise.all([
      get({ range: 'bytes=4000000-4000999' }),
      ...Array.from({ length: 6 }, () => get()),
    ]);
    expect(sha512(await bytes(part))).to.equal(sha512(BYTES.subarray(4_000_000, 4_001_000)));
    for (const reply of whole) expect(sha512(await bytes(reply))).to.equal(sha512(BYTES));
    const file = `GET /v2/images/${id}/file`;
    expect(glance.answered().filter((each) => each === file)).to.deep.equal([file]);
  });

  it('does not show a private image of another project, also when its bytes are kept already', async () => {
    const id = await glance.upload({ token, visibility: 'private', bytes: BYTES });
    source = id;
    expect((await get()).status).to.equal(404);
    const refusal = await client.show(id, { any_project: false }).catch((error: Error) => error.message);
    expect(refusal).to.match(/404|could not be found/);
  });

  it('has no image that is not there', async () => {
    source = '1bea47ed-f6a9-463b-b423-14b9cca9ad27';
    expect((await get()).status).to.equal(404);
  });
});
