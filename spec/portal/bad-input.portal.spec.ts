import { expect } from 'chai';
import { startTcpRelay } from '../services/tcp-relay.ts';
import { openWindow, type Page, signIn, violations, type Window } from './browser.ts';
import { addStock, type PortalSite, provide, startPortalSite } from './portal-site.ts';

/** What people, and machines, call things. Each is allowed where it is put. */
const HOSTILE = {
  vendor: '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">',
  product_name: '\u202Eevil\u202C שרת \u0645\u062E\u062F\u0645',
  serial_number: 'X'.repeat(255),
  manufacturer: '🦊'.repeat(60),
  rack: '"><svg onload="window.hacked=1">',
  notes: '{{constructor.constructor("window.hacked=1")()}} $t(app.name) javascript:window.hacked=1',
};

describe('the portal and what goes wrong', function () {
  this.timeout(60_000);
  let portal: PortalSite & AsyncDisposable;

  before(async () => {
    portal = await startPortalSite({ stock: 3 });
  });
  after(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  async function operatorAt(path: string): Promise<Window> {
    const window = await openWindow(portal.browser, portal.origin);
    await signIn(window.page, portal.site.accounts[0], path);
    return window;
  }

  const rows = (page: Page) => page.locator('tbody tr');

  it('tells a wrong password from a right one, and nothing more', async () => {
    await using window = await openWindow(portal.browser, portal.origin);
    const { page } = window;
    await page.goto('/portal/');
    await page.fill('#username', 'operator');
    await page.fill('#password', 'wrong');
    await page.click('button[type=submit]');
    await page.waitForSelector('text=The user name, the password or the domain is wrong.');
    expect(await page.inputValue('#username')).to.equal('operator');
  });

  it('asks to sign in again over the page when the session is over, and goes on where it was', async () => {
    await using window = await operatorAt('/portal/stages/registration');
    const { page, forgive, troubles } = window;
    await page.fill('.k-search input', 'server-0');
    await rows(page).first().waitFor();
    await page.context().clearCookies();
    await page.fill('.k-search input', 'server-02');
    await page.waitForSelector('text=Your session has ended');
    expect(await page.inputValue('#username')).to.equal('operator');
    forgive();
    await page.fill('#password', portal.site.accounts[0].password);
    await page.click('[role=dialog] button[type=submit]');
    await page.waitForSelector(`[data-server="${portal.rack[2]}"]`);
    await rows(page).nth(1).waitFor({ state: 'detached' });
    expect(await page.inputValue('.k-search input')).to.equal('server-02');
    expect(troubles).to.deep.equal([]);
  });

  it('keeps what is typed while what was typed before is looked for', async () => {
    await using window = await operatorAt('/portal/stages/registration');
    const { page, troubles } = window;
    await rows(page).nth(1).waitFor();
    // The next key comes when the address has changed, and before the list has.
    await page.evaluate(`(() => {
      const { replaceState } = history;
      history.replaceState = function (...all) {
        history.replaceState = replaceState;
        replaceState.apply(this, all);
        const field = document.querySelector('.k-search input');
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, 'server-02');
        field.dispatchEvent(new Event('input', { bubbles: true }));
      };
    })()`);
    await page.fill('.k-search input', 'server-0');
    await page.waitForURL(/[?&]q=server-02$/);
    await rows(page).nth(1).waitFor({ state: 'detached' });
    await page.waitForSelector(`[data-server="${portal.rack[2]}"]`);
    expect(await page.inputValue('.k-search input')).to.equal('server-02');
    expect(troubles).to.deep.equal([]);
  });

  it('says that the connection is lost, comes back, and shows what happened meanwhile', async () => {
    await using relay = await startTcpRelay(Number(new URL(portal.origin).port));
    await using window = await openWindow(portal.browser, `http://127.0.0.1:${relay.port}`);
    const { page, forgive, troubles } = window;
    await signIn(page, portal.site.accounts[0], '/portal/stages/registration');
    await rows(page).first().waitFor();
    relay.stall();
    relay.cut();
    await page.waitForSelector('.k-lost');
    const uuid = await addStock(portal.api, 50, 'came-unseen');
    relay.resume();
    await page.waitForSelector('.k-live-live');
    await page.waitForSelector(`[data-server="${uuid}"]`);
    await page.waitForSelector('.k-lost', { state: 'detached' });
    forgive();
    await page.click('a.k-tab >> text=Inventory');
    await page.waitForSelector('a.k-tab[aria-current=page] >> text=Inventory');
    expect(troubles).to.deep.equal([]);
  });

  it('tells the reason when an action is refused in the middle, and does it once it can be done', async () => {
    const uuid = portal.stock[0] ?? '';
    await provide(portal.api, uuid, 'manage', 'manageable');
    await using window = await operatorAt(`/portal/servers/${uuid}`);
    const { page } = window;
    await page.click('.k-tools button:has-text("Power on")');
    // Somebody else is quicker.
    await portal.api.request('PATCH', `/v1/nodes/${uuid}`, [
      { op: 'add', path: '/driver_info/fake_power_delay', value: '2' },
    ]);
    await portal.api.request('PUT', `/v1/nodes/${uuid}/states/power`, { target: 'power on' });
    await page.click('button[form=tool-form]');
    await page.locator('.k-result-failed .k-result-why').waitFor();
    expect(await page.textContent('.k-result-why')).to.match(/work|locked|reserved|wait/i);
    await page.waitForSelector('.k-server-head .k-power-on');
    await page.click('button:has-text("Try the refused ones again")');
    await page.locator('.k-result-begun').waitFor();
  });

  it('shows what the service says when it cannot answer, keeps what was typed, and tries again', async () => {
    const uuid = portal.stock[1] ?? '';
    await using window = await operatorAt(`/portal/servers/${uuid}`);
    const { page } = window;
    await page.click('button:has-text("Edit")');
    await page.fill('#edit-notes', 'fan 3 is loud');
    await page.route('**/lifecycle/v1/servers/*', (route) =>
      route.request().method() === 'PATCH'
        ? route.fulfill({
            status: 503,
            contentType: 'application/json',
            body: JSON.stringify({ error_message: JSON.stringify({ faultstring: 'The database is away.' }) }),
          })
        : route.continue(),
    );
    await page.click('button[form=edit-form]');
    await page.waitForSelector('[role=dialog] >> text=The database is away.');
    expect(await page.inputValue('#edit-notes')).to.equal('fan 3 is loud');
    await page.unroute('**/lifecycle/v1/servers/*');
    await page.click('button[form=edit-form]');
    await page.waitForSelector('.k-notes >> text=fan 3 is loud');
  });

  it('says that a server is gone when it is deleted while its page is open', async () => {
    const uuid = await addStock(portal.api, 60, 'short-lived');
    await using window = await operatorAt(`/portal/servers/${uuid}`);
    const { page, troubles } = window;
    await page.waitForSelector('.k-facts');
    await portal.api.request('DELETE', `/v1/nodes/${uuid}`);
    await page.waitForSelector('text=This server is gone');
    await page.click('text=To the servers');
    await page.waitForSelector('.k-tabs');
    expect(troubles).to.deep.equal([]);
  });

  it('says so when there is no such server, and no such page', async () => {
    await using window = await operatorAt('/portal/servers/00000000-0000-4000-8000-000000000000');
    await window.page.waitForSelector('text=There is no server 00000000');
    await window.page.goto('/portal/no/such/page');
    await window.page.waitForSelector('text=There is no such page');
  });

  it('shows hostile names as text, and runs none of them', async () => {
    const uuid = portal.stock[2] ?? '';
    await portal.api.request('PATCH', `/lifecycle/v1/servers/${uuid}`, HOSTILE);
    await using window = await operatorAt(`/portal/stages/registration?q=${uuid}`);
    const { page, troubles } = window;
    await page.waitForSelector(`[data-server="${uuid}"] >> text=window.hacked`);
    expect(await violations(page)).to.deep.equal([]);
    await page.goto(`/portal/servers/${uuid}`);
    await page.waitForSelector(`.k-notes >> text=constructor`);
    expect(await page.textContent('.k-notes')).to.equal(HOSTILE.notes);
    expect(await page.locator('.k-facts').first().textContent()).to.include(HOSTILE.vendor);
    expect(await violations(page)).to.deep.equal([]);
    await page.goto('/portal/racks');
    await page.waitForSelector(`.k-unit[href="/portal/servers/${uuid}"]`);
    expect(await page.evaluate('window.hacked')).to.equal(undefined);
    // Nothing pushes the page wider than the window.
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).to.equal(true);
    expect(troubles).to.deep.equal([]);
  });
});
