import { expect } from 'chai';
import { systemClock } from '../../../config/system-clock.ts';
import {
  NeighbourError,
  openServiceSession,
  type ServiceSession,
  type ServiceSettings,
} from '../../../net/service-session.ts';
import { type HttpStage, recorded, SERVICE, startHttpStage } from './http-stage.ts';

describe('the session with an OpenStack service', () => {
  let stage: HttpStage;
  let session: ServiceSession;
  const open = (settings: Partial<ServiceSettings> = {}) =>
    openServiceSession('Neutron', ['network'], { ...SERVICE, ...settings }, systemClock);

  beforeEach(() => {
    stage = startHttpStage();
    session = open();
  });
  afterEach(async () => {
    stage[Symbol.dispose]();
    await session[Symbol.asyncDispose]();
  });

  function expectLogin(token = 'gAAA-1') {
    return stage
      .expect('http://keystone.test')
      .post('/identity/v3/auth/tokens', {
        auth: {
          identity: {
            methods: ['password'],
            password: {
              user: { name: 'kurogane', domain: { name: 'Default' }, password: 'hunter2-service' },
            },
          },
          scope: { project: { name: 'service', domain: { name: 'Default' } } },
        },
      })
      .reply(201, recorded().token, { 'x-subject-token': token });
  }

  const neutron = (token: string) =>
    stage.expect('http://neutron.test', { reqheaders: { 'x-auth-token': token } });

  const refusal = async (answer: Promise<unknown>) => {
    const error = await answer.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(NeighbourError);
    return error as NeighbourError;
  };

  it('logs in once, for requests at the same time too, and finds the service in the catalogue', async () => {
    expectLogin();
    neutron('gAAA-1').get('/v2.0/ports').times(2).reply(200, { ports: [] });
    const answers = await Promise.all([
      session.request('GET', '/v2.0/ports'),
      session.request('GET', '/v2.0/ports'),
    ]);
    expect(answers).to.deep.equal([{ ports: [] }, { ports: [] }]);
    expect(stage.pending()).to.deep.equal([]);
  });

  it('logs in anew, once, when the token was revoked', async () => {
    expectLogin('gAAA-1');
    neutron('gAAA-1').get('/v2.0/ports').reply(401);
    expectLogin('gAAA-2');
    neutron('gAAA-2').get('/v2.0/ports').reply(200, { ports: [] });
    await session.request('GET', '/v2.0/ports');
    expectLogin('gAAA-3');
    neutron('gAAA-2').get('/v2.0/ports').reply(401);
    neutron('gAAA-3').get('/v2.0/ports').reply(401);
    expect((await refusal(session.request('GET', '/v2.0/ports'))).status).to.equal(401);
    expect(stage.pending()).to.deep.equal([]);
  });

  it('renews the token before it ends', async () => {
    const ending = { token: { ...(recorded().token?.token as object), expires_at: '2020-01-01T00:00:00Z' } };
    stage
      .expect('http://keystone.test')
      .post('/identity/v3/auth/tokens')
      .reply(201, ending, { 'x-subject-token': 'gAAA-old' });
    neutron('gAAA-old').get('/v2.0/ports').reply(200, {});
    expectLogin();
    neutron('gAAA-1').get('/v2.0/ports').reply(200, {});
    await session.request('GET', '/v2.0/ports');
    await session.request('GET', '/v2.0/ports');
    expect(stage.pending()).to.deep.equal([]);
  });

  it('repeats the service’s reason, and no secret', async () => {
    expectLogin();
    neutron('gAAA-1').post('/v2.0/ports').reply(409, recorded().refusal);
    const error = await refusal(session.request('POST', '/v2.0/ports', { body: {} }));
    expect(error.status).to.equal(409);
    expect(error.message).to.contain('The mac address is in use');
    expect(String(error.stack) + JSON.stringify(error)).not.to.match(/hunter2|gAAA/);
  });

  it('says who does not answer', async () => {
    stage.expect('http://keystone.test').post('/identity/v3/auth/tokens').replyWithError('cut');
    const error = await refusal(session.request('GET', '/v2.0/ports'));
    expect(error.message).to.equal('Keystone does not answer at http://keystone.test.');
    expect(error.status).to.equal(null);
  });

  it('says that Keystone refuses the service user', async () => {
    stage.expect('http://keystone.test').post('/identity/v3/auth/tokens').reply(401);
    expect((await refusal(session.request('GET', '/x'))).message).to.match(/refused the login .* Neutron/);
  });

  it('does not follow redirects', async () => {
    expectLogin();
    neutron('gAAA-1').get('/v2.0/ports').reply(302, '', { location: 'http://elsewhere.test/' });
    expect((await refusal(session.request('GET', '/v2.0/ports'))).status).to.equal(null);
  });

  it('bounds an answer', async () => {
    expectLogin();
    neutron('gAAA-1').get('/v2.0/ports').reply(200, 'x'.repeat(5_000_000));
    expect((await refusal(session.request('GET', '/v2.0/ports'))).status).to.equal(null);
  });

  it('needs no Keystone where the address is given alone', async () => {
    await using alone = open({ auth_url: '', endpoint_override: 'http://alone.test/net/' });
    stage
      .expect('http://alone.test', { badheaders: ['x-auth-token'] })
      .get('/net/v2.0/ports')
      .reply(200, { ports: [] });
    expect(await alone.request('GET', '/v2.0/ports')).to.deep.equal({ ports: [] });
  });

  it('chooses the endpoint by region and interface', async () => {
    for (const [settings, url] of [
      [{ region_name: 'RegionTwo' }, 'http://two.neutron.test'],
      [{ valid_interfaces: ['public'] }, 'http://public.neutron.test'],
    ] as const) {
      await using other = open(settings);
      expectLogin();
      expect(await other.access()).to.deep.equal({ endpoint: url, token: 'gAAA-1', project_id: 'a3f5' });
    }
    await using lost = open({ region_name: 'RegionNine' });
    expectLogin();
    expect((await refusal(lost.access())).message).to.contain('no endpoint of Neutron');
  });
});
