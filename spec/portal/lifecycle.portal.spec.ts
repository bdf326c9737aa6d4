import { expect } from 'chai';
import { type Look, openWindow, signIn, violations, type Window } from './browser.ts';
import { addStock, type PortalSite, provide, startPortalSite } from './portal-site.ts';

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

  async function operatorAt(path: string, look?: Look): Promise<Window> {
    const window = await openWindow(portal.browser, portal.origin, look);
    await signIn(window.page, portal.site.accounts[0], path);
    return window;
  }

  it('shows a server that is enrolled, and one that moves on, without being loaded anew', async () => {
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

  for (const language of ['en', 'ja'] as const)
    for (const theme of ['light', 'dark'] as const)
      it(`has no fault that axe-core finds: ${language}, ${theme}`, async () => {
        await using signing = await openWindow(portal.browser, portal.origin, { language, theme });
        await signing.page.goto('/portal/');
        await signing.page.waitForSelector('#username');
        expect(await violations(signing.page)).to.deep.equal([]);
        await using window = await operatorAt('/portal/stages/inventory', { language, theme });
        const { page, troubles } = window;
        await page.waitForSelector(`[data-server="${portal.stock[0]}"]`);
        await page.waitForSelector(`text=${language === 'ja' ? '在庫' : 'Inventory'}`);
        expect(await violations(page)).to.deep.equal([]);
        expect([...troubles, ...signing.troubles]).to.deep.equal([]);
      });
});
