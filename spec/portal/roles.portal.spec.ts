import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { logIn, type PublicApi } from '../../bin/demo/public-api.ts';
import type { DemoAccount } from '../../bin/demo/site.ts';
import { instanceInfo } from '../../bin/demo/tour.ts';
import { eventually } from '../services/eventually.ts';
import { openWindow, type Page, signIn, type Window } from './browser.ts';
import { type PortalSite, provide, startPortalSite } from './portal-site.ts';

const OPEN = '[data-console=open]';

describe('the portal for each kind of user', function () {
  this.timeout(60_000);
  let portal: PortalSite & AsyncDisposable;
  let alice: DemoAccount;
  let bob: DemoAccount;
  let carol: DemoAccount;
  /** In service: one that team-a owns, one that is lent to team-b. */
  let owned: string;
  let lent: string;

  before(async () => {
    portal = await startPortalSite({ stock: 1 });
    const [, ...tenants] = portal.site.accounts;
    [alice, bob, carol] = tenants as [DemoAccount, DemoAccount, DemoAccount];
    [, owned = '', , lent = ''] = portal.rack;
    await Promise.all([owned, lent].map(install));
    await set(lent, 'lessee', 'team-b');
  });
  after(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  async function install(uuid: string): Promise<void> {
    await set(uuid, 'automated_clean', false);
    await provide(portal.api, uuid, 'manage', 'manageable');
    await provide(portal.api, uuid, 'provide', 'available');
    await set(uuid, 'instance_info', instanceInfo(portal.site.image));
    await provide(portal.api, uuid, 'active', 'active');
  }

  async function set(uuid: string, name: string, value: unknown): Promise<void> {
    await eventually(() =>
      portal.api.request('PATCH', `/v1/nodes/${uuid}`, [{ op: 'add', path: `/${name}`, value }]),
    );
  }

  async function at(path: string, who: DemoAccount): Promise<Window> {
    const window = await openWindow(portal.browser, portal.origin);
    await signIn(window.page, who, path);
    return window;
  }

  const apiOf = (who: DemoAccount): Promise<PublicApi> => logIn(`${portal.origin}/identity/v3`, who);
  /** What stands on the page beside its frame, once it is all there. */
  const content = async (page: Page): Promise<string> => (await page.textContent('main')) ?? '';

  it('lets whoever only looks see all of the project, look at a console, and change nothing', async () => {
    await using window = await at('/portal/stages/in-use', carol);
    const { page, troubles } = window;
    await page.waitForSelector(`[data-server="${owned}"]`);
    expect(await page.locator('[data-server]').count()).to.equal(1);
    await page.goto(`/portal/servers/${owned}`);
    await page.waitForSelector('.k-facts');
    expect(await page.locator('.k-tool-buttons button').count()).to.equal(0);
    await page.waitForSelector('.k-refused li:has-text("Power on"):has-text("Your role only looks")');
    await page.goto(`/portal/servers/${owned}/console`);
    await page.waitForSelector(`${OPEN} .k-console-look`);
    expect(troubles).to.deep.equal([]);
  });

  it('S69 refuses a member a reboot outside maintenance, says why, and leads to the maintenance', async () => {
    await using window = await at(`/portal/servers/${owned}`, alice);
    const { page, troubles } = window;
    const reset = page.locator('.k-refused li:has-text("Reset")');
    await reset.locator('text=Move the server to maintenance first').waitFor();
    expect(await page.locator('.k-tool-buttons button:text-is("Reset")').count()).to.equal(0);
    await reset.locator('button').click();
    await page.waitForSelector('[role=dialog] #reason');
    expect(troubles).to.deep.equal([]);
    const api = await apiOf(alice);
    const refused = await api
      .request('POST', `/lifecycle/v1/servers/${owned}/actions/reboot`, {})
      .catch((error: Error) => error.message);
    expect(refused).to.contain('maintenance').and.to.contain('HTTP 409');
  });

  it('shows a customer the maintenance of the provider: why, by whom, and what waits for its end', async () => {
    await using window = await at(`/portal/servers/${owned}`, alice);
    const { page, troubles } = window;
    await page.waitForSelector('.k-tool-buttons button:has-text("Insert an ISO image")');
    const act = (action: string, body: object) =>
      portal.api.request('POST', `/lifecycle/v1/servers/${owned}/actions/${action}`, body);
    await act('enter-maintenance', { reason: 'a fan is replaced' });
    await page.waitForSelector(
      `.k-notice:has-text("In the provider's maintenance"):has-text("a fan is replaced")`,
    );
    await page.waitForSelector('.k-server-head .k-stage-maintenance');
    await page.waitForSelector(
      '.k-refused li:has-text("Power off"):has-text("The provider maintains the server")',
    );
    expect(await page.locator('.k-tool-buttons button').allTextContents()).to.not.include(
      'End the maintenance',
    );
    await page.goto(`/portal/servers/${owned}/console`);
    await page.waitForSelector('text=The provider maintains the server');
    await page.goto(`/portal/servers/${owned}`);
    await page.waitForSelector('.k-notice');
    await act('leave-maintenance', {});
    await page.waitForSelector('.k-server-head .k-stage-in-use');
    await page.waitForSelector('.k-notice', { state: 'detached' });
    expect(troubles).to.deep.equal([]);
  });

  it('tells a lessee whose console is open that the server is no longer the project’s', async () => {
    await using window = await at(`/portal/servers/${lent}/console`, bob);
    const { page, troubles } = window;
    await page.waitForSelector(OPEN);
    await set(lent, 'lessee', null);
    await page.waitForSelector('.k-console-over, .pf-v6-c-empty-state:has-text("This server is gone")');
    await page.waitForSelector('.pf-v6-c-empty-state:has-text("your project has it no longer")');
    // What the page asked meanwhile was refused.
    troubles.splice(0);
    await page.goto('/portal/stages/in-use');
    await page.waitForSelector('.pf-v6-c-empty-state');
    expect(troubles).to.deep.equal([]);
    await set(lent, 'lessee', 'team-b');
  });

  it('tells whoever holds an account on a BMC that it was taken back', async () => {
    const leases = `/lifecycle/v1/servers/${owned}/bmc-leases`;
    const lease = await (await apiOf(alice)).request<{ uuid: string }>('POST', leases, {});
    await using window = await at(`/portal/servers/${owned}/access`, alice);
    const { page, troubles } = window;
    const row = page.locator(`[data-row="${lease.uuid}"]`);
    await row.waitFor();
    await portal.api.request('DELETE', `${leases}/${lease.uuid}`);
    await row.locator('.k-outcome-active').waitFor({ state: 'detached' });
    expect(troubles).to.deep.equal([]);
  });

  it('S107 says of what is another’s the same as of what is not there', async () => {
    const api = await apiOf(bob);
    const post = <T>(path: string, body: object): Promise<T> =>
      api.request<T>('POST', `/lifecycle/v1/${path}`, body);
    const schedule = await post<{ uuid: string }>('schedules', {
      ...{ name: 'of team-b', servers: [lent], tool: 'power-on', cron: '0 2 * * 6' },
    });
    await provide(portal.api, portal.stock[0] ?? '', 'manage', 'manageable');
    await provide(portal.api, portal.stock[0] ?? '', 'provide', 'available');
    const order = await post<{ uuid: string }>('orders', {
      name: 'of team-b',
      count: 1,
      flavor: 'bm.general',
    });
    const iso = await post<{ uuid: string }>('isos', { name: 'of-team-b.iso', size_bytes: 1 });
    await using window = await at('/portal/racks', alice);
    const { page, troubles, forgive } = window;
    for (const [path, uuid] of [
      ...['', '/console', '/access'].map((tab) => [`servers/UUID${tab}`, lent]),
      ['orders/UUID', order.uuid],
      ['schedules/UUID', schedule.uuid],
      ['certificates/UUID', lent],
    ] as const) {
      const seen: string[] = [];
      for (const one of [uuid ?? '', randomUUID()]) {
        await page.goto(`/portal/${(path ?? '').replace('UUID', one)}`);
        await page.waitForSelector('main .pf-v6-c-empty-state, main .pf-v6-c-alert');
        seen.push((await content(page)).replaceAll(one, 'UUID').replaceAll(/req-[0-9a-f-]+/g, 'REQUEST'));
      }
      expect(seen[0], path)
        .to.equal(seen[1])
        .and.to.match(/no |not /);
    }
    // Each of these pages asked for what is not there.
    expect(troubles.filter((one) => !one.includes('404'))).to.deep.equal([]);
    forgive();
    const asked = await Promise.all(
      [
        `isos/${iso.uuid}`,
        `servers/${lent}/bmc-leases`,
        `servers/${lent}/consoles`,
        `servers/${lent}/timeline`,
      ].map(async (path) =>
        (await apiOf(alice)).request('GET', `/lifecycle/v1/${path}`).catch((error: Error) => error.message),
      ),
    );
    for (const answer of asked) expect(answer).to.contain('HTTP 404');
  });
});
