import { expect } from 'chai';
import { openWindow, picture, signIn, type Window } from './browser.ts';
import { faultsInEveryLook } from './every-look.ts';
import { addStock, failToVerify, type PortalSite, provide, startPortalSite } from './portal-site.ts';

describe('the portal', function () {
  this.timeout(60_000);
  let portal: PortalSite & AsyncDisposable;

  before(async () => {
    portal = await startPortalSite({ stock: 4 });
    for (const uuid of portal.stock.slice(0, 2)) {
      await provide(portal.api, uuid, 'manage', 'manageable');
      await provide(portal.api, uuid, 'provide', 'available');
    }
  });
  after(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  async function operatorAt(path: string): Promise<Window> {
    const window = await openWindow(portal.browser, portal.origin);
    await signIn(window.page, portal.site.accounts[0], path);
    return window;
  }

  it('S1 shows eight facts of every server, of three vendors', async () => {
    await using window = await operatorAt('/portal/stages/registration');
    const { page, troubles } = window;
    await page.waitForSelector('tbody tr >> nth=7');
    const [uuid, ...facts] = [
      ...['uuid', 'serial_number', 'vendor', 'product_name', 'resource_class', 'availability_zone'],
      ...['bmc_address', 'provision_state'],
    ];
    for (const server of portal.rack)
      for (const name of [uuid, ...facts]) {
        const cell = page.locator(`[data-server="${server}"] .k-column-${name}`);
        expect(await cell.innerText(), name).to.match(/^[^–].{2,}/);
      }
    const vendors = await page.locator('tbody .k-column-vendor').allInnerTexts();
    expect(new Set(vendors).size).to.equal(3);
    await picture(page, 's1-servers');
    expect(troubles).to.deep.equal([]);
  });

  it('S72 has a tab for each stage with the number of its servers', async () => {
    await using window = await operatorAt('/portal/stages/inventory');
    const { page, troubles } = window;
    await page.waitForSelector('.k-tab .k-count');
    const tabs = await page.locator('a.k-tab').allInnerTexts();
    for (const name of ['Registration', 'Inventory', 'Building', 'In service', 'Maintenance', 'Deletion'])
      expect(
        tabs.some((text) => new RegExp(`^${name}\\s*\\d+$`).test(text)),
        `${name}: ${tabs.join()}`,
      ).to.equal(true);
    await picture(page, 's72-tabs');
    expect(troubles).to.deep.equal([]);
  });

  it('S6 S21 S72 shows a server that is enrolled, and one that moves on, without being loaded anew', async () => {
    await using window = await operatorAt('/portal/stages/registration');
    const { page, troubles } = window;
    await page.waitForSelector(`[data-server="${portal.rack[0]}"]`);
    const before = await page.evaluate('performance.timeOrigin');
    const uuid = await addStock(portal.api, 40, 'just-came');
    await page.waitForSelector(`[data-server="${uuid}"]`);
    await provide(portal.api, uuid, 'manage', 'manageable');
    await page.waitForSelector(`[data-server="${uuid}"]`, { state: 'detached' });
    await page.click('.k-tabs a[href="/portal/stages/inventory"]');
    await page.waitForSelector(`[data-server="${uuid}"]`);
    expect(await page.evaluate('performance.timeOrigin')).to.equal(before);
    expect(troubles).to.deep.equal([]);
  });

  it('S27 S29 S34 S57 S70 shows what needs a person, why, and what to do, on its page, in the rack and on the page of the server', async () => {
    const uuid = portal.rack[1] ?? '';
    await using window = await operatorAt('/portal/attention');
    const { page, troubles } = window;
    await page.waitForSelector('text=All is well');
    await failToVerify(portal, uuid);
    const trouble = page.locator(`[data-server="${uuid}"]`);
    await trouble.locator('.k-cause', { hasText: 'password' }).waitFor();
    await page.click('.pf-v6-c-nav a[href="/portal/racks"]');
    await page.hover(`.k-unit-attention[href="/portal/servers/${uuid}"]`);
    await page.locator('.k-cause-tip', { hasText: 'password' }).waitFor();
    await page.click(`.k-unit[href="/portal/servers/${uuid}"]`);
    await page.click('a[href$="/timeline"].k-tab');
    await page.locator('.k-attempt-failed .k-cause', { hasText: 'password' }).waitFor();
    await page.locator('.k-attempt-failed .k-next').waitFor();
    expect(troubles).to.deep.equal([]);
  });

  it('S30 S58 S73 powers servers on together, and says for each what came of it', async () => {
    await using window = await operatorAt('/portal/stages/inventory');
    const { page, troubles } = window;
    for (const uuid of portal.stock.slice(0, 2))
      await page.check(`[data-server="${uuid}"] input[type=checkbox]`);
    await page.click('.k-toolbar button:has-text("Actions")');
    await page.click('[role=menuitem]:has-text("Power on")');
    await page.click('button[form=tool-form]');
    await page.locator('.k-result-begun').nth(1).waitFor();
    await page.click('[role=dialog] button:has-text("Close") >> nth=-1');
    await page.locator(`[data-server="${portal.stock[0]}"] .k-power-on`).waitFor();
    await page.click('.k-toolbar button:has-text("Actions")');
    await page.locator('[aria-disabled=true]:has-text("Boot from the disk again")').waitFor();
    await page.locator('.pf-v6-c-menu__item-description:has-text("not possible in")').first().waitFor();
    expect(troubles).to.deep.equal([]);
  });

  it('S1 S7 searches by the start of a uuid, filters and sorts in the service, and keeps the columns that were chosen', async () => {
    await using window = await operatorAt('/portal/stages/registration');
    const { page, troubles } = window;
    const uuid = portal.rack[2] ?? '';
    await page.fill('.k-search input', uuid.slice(0, 8));
    await page.locator('tbody tr').nth(1).waitFor({ state: 'detached' });
    await page.waitForSelector(`[data-server="${uuid}"]`);
    await page.fill('.k-search input', '');
    await page.locator('tbody tr').nth(1).waitFor();
    for (const wanted of ['ascending', 'descending']) {
      await page.click('th.k-column-serial_number button');
      await page.waitForSelector(`th.k-column-serial_number[aria-sort=${wanted}]`);
    }
    await page.click('button[aria-label=Columns]');
    await page.click('label:has-text("Driver"), [role=menuitem]:has-text("Driver")');
    await page.keyboard.press('Escape');
    await page.waitForSelector('th.k-column-driver');
    await page.reload();
    await page.waitForSelector('th.k-column-driver');
    await page.waitForSelector('th.k-column-serial_number[aria-sort=descending]');
    expect(troubles).to.deep.equal([]);
  });

  it('S80 shows what the sensors say, and their course while the page is open', async () => {
    await using window = await operatorAt(`/portal/servers/${portal.rack[3]}/sensors`);
    const { page, troubles } = window;
    await page.waitForSelector('h2:has-text("Temperatures")');
    await page.waitForSelector('.k-plot polyline', { state: 'attached', timeout: 40_000 });
    expect(await faultsInEveryLook(page)).to.deep.equal([]);
    expect(troubles).to.deep.equal([]);
  });

  it('S107 shows a tenant its own servers only', async () => {
    const [, alice] = portal.site.accounts;
    await using window = await openWindow(portal.browser, portal.origin);
    const { page, troubles } = window;
    await signIn(page, alice as (typeof portal.site.accounts)[0], '/portal/stages/registration');
    // The first server has no tenant; each tenant has one.
    await page.waitForSelector('tbody tr');
    const shown = await page.evaluate<string[]>(
      `[...document.querySelectorAll('tbody tr')].map((row) => row.dataset.server)`,
    );
    expect(shown).to.have.length(1);
    expect(await page.locator('.k-account-place').textContent()).to.equal('team-a');
    expect(troubles).to.deep.equal([]);
  });
});
