import { expect } from 'chai';
import { createAuthenticator } from '../../../../api/openstack/auth/create-authenticator.ts';
import { loadSettings } from '../../../../config/load-settings.ts';
import { createLogger } from '../../../../config/logger.ts';
import { startIdentity } from '../../identity/start-identity.ts';
import { manualClock } from './manual-clock.ts';

describe('createAuthenticator', () => {
  const log = createLogger({ level: 'error', destination: { write: () => {} } });
  const clock = manualClock();

  it('noauth: lets everybody do everything, as nobody', async () => {
    const settings = loadSettings({ env: { KUROGANE_DEFAULT__AUTH_STRATEGY: 'noauth' } });
    const authenticator = createAuthenticator({ settings, log, clock });
    const caller = await authenticator.authenticate({ 'x-user-id': 'root', 'x-roles': 'admin' }, 'req-9');
    expect(caller).to.deep.equal({
      request_id: 'req-9',
      user_id: null,
      project_id: null,
      system_scope: false,
      roles: [],
      service_roles: [],
      unrestricted: true,
    });
  });

  it('keystone in the embedded mode: verifies tokens without HTTP, and names /identity in the challenge', async () => {
    await using running = await startIdentity(clock);
    const settings = loadSettings({ env: { KUROGANE_API__PUBLIC_ENDPOINT: 'https://metal.example/' } });
    const authenticator = createAuthenticator({ settings, log, clock, identity: running.identity });
    const answer = await fetch(`${running.url}/v3/auth/tokens`, {
      method: 'POST',
      body: JSON.stringify({
        auth: {
          identity: {
            methods: ['password'],
            password: { user: { name: 'tenant', domain: { name: 'Default' }, password: 'tenant-pw' } },
          },
        },
      }),
    });
    const token = answer.headers.get('x-subject-token') ?? '';
    const caller = await authenticator.authenticate({ 'x-auth-token': token }, 'req-9');
    expect(caller).to.include({ user_name: 'tenant', project_id: 'racks', project_name: 'racks' });
    expect(caller.roles).to.deep.equal(['manager', 'member', 'reader']);
    const forged = `${token.slice(0, -6)}AAAAAA`;
    for (const wrong of [forged, 'x', '']) {
      const error: unknown = await authenticator
        .authenticate({ 'x-auth-token': wrong }, 'req-9')
        .catch((reason: unknown) => reason);
      expect(error).to.have.property('challenge', 'Keystone uri="https://metal.example/identity"');
    }
  });
});
