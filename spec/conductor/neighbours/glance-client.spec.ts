import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../../config/project-root.ts';
import { systemClock } from '../../../config/system-clock.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { createGlanceClient, type GlanceClient } from '../../../net/glance-client.ts';
import { NeighbourError, openServiceSession, type ServiceSession } from '../../../net/service-session.ts';
import { type HttpStage, recorded, SERVICE, startHttpStage } from './http-stage.ts';

const ID = '1bea47ed-f6a9-463b-b423-14b9cca9ad27';

describe('the Glance client, on Glance’s recorded answers', () => {
  let stage: HttpStage;
  let session: ServiceSession;
  let client: GlanceClient;
  const contract = JSON.parse(
    readFileSync(join(projectRoot, 'spec/fixtures/glance/contract.json'), 'utf8'),
  ) as { image: JsonObject; members: JsonObject };

  beforeEach(() => {
    stage = startHttpStage();
    session = openServiceSession('Glance', ['image'], SERVICE, systemClock, { downloads: true });
    client = createGlanceClient(session);
    login('gAAA-1');
  });
  afterEach(async () => {
    const left = stage.pending();
    stage[Symbol.dispose]();
    await session[Symbol.asyncDispose]();
    expect(left).to.deep.equal([]);
  });

  const login = (token: string) =>
    stage
      .expect('http://keystone.test')
      .post('/identity/v3/auth/tokens')
      .reply(201, recorded().token, { 'x-subject-token': token });
  const glance = (token = 'gAAA-1') =>
    stage.expect('http://glance.test', { reqheaders: { 'x-auth-token': token } });
  const has = (changes: JsonObject = {}) =>
    glance()
      .get(`/v2/images/${ID}`)
      .reply(200, { ...contract.image, ...changes });
  const show = (any_project = false) => client.show(ID, { any_project });
  async function statusOf(answer: Promise<unknown>): Promise<number | null> {
    const error = await answer.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(NeighbourError);
    return (error as NeighbourError).status;
  }

  it('finds Glance in Keystone’s catalogue, and reads what a deployment needs', async () => {
    has();
    expect(await show()).to.deep.equal({
      id: ID,
      size: 13167616,
      disk_format: 'qcow2',
      container_format: 'bare',
      checksum: contract.image.checksum,
      os_hash_algo: 'sha512',
      os_hash_value: contract.image.os_hash_value,
      tags: ['ci'],
      properties: { kernel_id: 'b2173dd3-7ad6-4362-baa6-a68bce3565cb', hw_architecture: 'x86_64' },
    });
  });

  const OWN = 'a3f5';
  const cases: readonly [string, JsonObject, boolean, boolean][] = [
    ['a public one', { visibility: 'public' }, false, true],
    ['one of the community', { visibility: 'community' }, false, true],
    ['the service’s own', { visibility: 'private', owner: OWN }, false, true],
    ['another project’s', { visibility: 'private', owner: 'other' }, false, false],
    ['another project’s, for an admin', { visibility: 'private', owner: 'other' }, true, true],
    ['a shared one of its own', { visibility: 'shared', owner: OWN }, false, true],
  ];
  for (const [name, changes, any_project, good] of cases)
    it(`${good ? 'takes' : 'does not find'} ${name}`, async () => {
      has(changes);
      if (good) expect((await show(any_project)).id).to.equal(ID);
      else expect(await statusOf(show(any_project))).to.equal(404);
    });

  it('takes an image that is shared with the service’s project, and no other that is shared', async () => {
    has({ visibility: 'shared' });
    glance().get(`/v2/images/${ID}/members`).reply(200, contract.members);
    expect((await show()).id).to.equal(ID);
    has({ visibility: 'shared' });
    const [pending] = contract.members.members as JsonObject[];
    glance()
      .get(`/v2/images/${ID}/members`)
      .reply(200, { members: [pending ?? {}] });
    expect(await statusOf(show())).to.equal(404);
  });

  it('refuses an image that is not active, and says when there is none', async () => {
    has({ status: 'queued' });
    expect(await statusOf(show())).to.equal(409);
    glance().get(`/v2/images/${ID}`).reply(404, '<html>Not found</html>');
    expect(await statusOf(show())).to.equal(404);
  });

  it('downloads a part, with a new login when the token has ended', async () => {
    glance().get(`/v2/images/${ID}/file`).reply(401);
    login('gAAA-2');
    stage
      .expect('http://glance.test', { reqheaders: { 'x-auth-token': 'gAAA-2', range: 'bytes=0-3' } })
      .get(`/v2/images/${ID}/file`)
      .reply(206, 'QFI\u{fb}', { 'content-range': 'bytes 0-3/13167616' });
    const { status, headers, body } = await client.download(ID, 'bytes=0-3', AbortSignal.timeout(5000));
    expect([status, headers.get('content-range')]).to.deep.equal([206, 'bytes 0-3/13167616']);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body ?? []) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).to.equal('QFI\u{fb}');
  });

  it('says when Glance refuses a download', async () => {
    glance().get(`/v2/images/${ID}/file`).reply(403, 'no');
    expect(await statusOf(client.download(ID, undefined, AbortSignal.timeout(5000)))).to.equal(403);
  });
});
