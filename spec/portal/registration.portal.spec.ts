import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../config/project-root.ts';
import { systemClock } from '../../config/system-clock.ts';
import { openRegistrationClient, type RegisterReply } from '../../rack/registration-client.ts';
import { rackedServers } from '../registration/racked-servers.ts';
import { openWindow, picture, signIn } from './browser.ts';
import { faultsInEveryLook } from './every-look.ts';
import { type PortalSite, startPortalSite } from './portal-site.ts';

describe('the portal and new servers', function () {
  this.timeout(60_000);
  let portal: PortalSite & AsyncDisposable;

  before(async () => {
    portal = await startPortalSite({ stock: 0 });
  });
  after(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  it('S21 shows a server that registers, and what becomes of it, without being loaded anew', async function () {
    const [server] = rackedServers(3, []);
    if (server === undefined) throw new Error('There is no server.');
    const { api } = portal;
    const post = <T>(path: string, body: object): Promise<T> =>
      api.request<T>('POST', `/lifecycle/v1/${path}`, body);
    await post('pools', {
      ...{ name: 'bmc', network: '127.9.0.0/24' },
      ranges: [{ first: '127.9.0.10', last: '127.9.0.20' }],
    });
    const planned = { ...server.cable, switch_port: 'Eth48' };
    const { uuid: cable } = await post<{ uuid: string }>('cables', planned);
    const { token } = await post<{ token: string }>('enrolment-tokens', { name: 'aisle-7' });
    const register = async (): Promise<RegisterReply> => {
      using client = openRegistrationClient({
        clock: systemClock,
        proto_file: join(projectRoot, 'api/registration/v1/registration.proto'),
        target: portal.site.service.registration ?? '',
        ca: readFileSync(join(dirname(portal.site.log_file), 'registration-cert.pem'), 'utf8'),
      });
      return await client.register(token, server.facts(server.card));
    };

    await using window = await openWindow(portal.browser, portal.origin);
    const { page, troubles } = window;
    await signIn(page, portal.site.accounts[0], '/portal/stages/registration?sort=created_at&dir=desc');
    await page.waitForSelector('tbody tr >> nth=7');
    const loaded = await page.evaluate('performance.timeOrigin');
    await picture(page, 's21-before');
    const answer = await register();
    const began = Date.now();
    expect(answer.cause).to.contain('eno1 is in the wrong port');
    const row = page.locator(`tbody tr:first-child[data-server="${server.system_uuid}"]`);
    await row.waitFor({ timeout: 10_000 });
    if (this.test !== undefined) this.test.title += `: after ${Date.now() - began} ms`;
    await row.locator('.k-state-attention').waitFor();
    await row.locator(`text="${server.serial_number}"`).first().waitFor();
    await picture(page, 's21-after');
    // Somebody plugs the cable in where it belongs.
    await api.request('PATCH', `/lifecycle/v1/cables/${cable}`, { switch_port: server.cable.switch_port });
    expect((await register()).cause).to.equal('');
    await row.locator('.k-state-attention').waitFor({ state: 'detached' });
    await page.click(`[data-server="${server.system_uuid}"] a`);
    await page.waitForSelector('.k-facts');
    await page.click('.k-tabs a[href$="/hardware"]');
    await page.waitForSelector('.k-port-good');
    expect(await faultsInEveryLook(page)).to.deep.equal([]);
    expect(await page.evaluate('performance.timeOrigin')).to.equal(loaded);
    expect(troubles).to.deep.equal([]);
  });
});
