import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { kurogane } from '../cli/kurogane-command.ts';
import { eventually } from '../services/eventually.ts';
import { openWindow, type Page, picture, signIn, type Window } from './browser.ts';
import { faultsInEveryLook } from './every-look.ts';
import { type PortalSite, provide, startPortalSite } from './portal-site.ts';

describe("the portal's services and administration", function () {
  this.timeout(60_000);
  let portal: PortalSite & AsyncDisposable;
  let server: string;

  before(async () => {
    portal = await startPortalSite({ stock: 1 });
    server = portal.stock[0] ?? '';
    await provide(portal.api, server, 'manage', 'manageable');
    await provide(portal.api, server, 'provide', 'available');
  });
  after(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  async function at(path: string, who = portal.site.accounts[0]): Promise<Window> {
    const window = await openWindow(portal.browser, portal.origin);
    await signIn(window.page, who, path);
    return window;
  }

  /** As the API would answer a client. */
  const read = <T>(path: string): Promise<T> => portal.api.request<T>('GET', path);

  it('S90 schedules work, which is tried first, and runs', async () => {
    await using window = await at(`/portal/schedules/new?servers=${server}`);
    const { page, troubles } = window;
    await page.selectOption('#schedule-tool', 'power-on');
    await page.fill('#schedule-name', 'switch it on');
    await page.selectOption('#schedule-repeat', 'again');
    await page.fill('#schedule-cron', '0 2 * * 6');
    await page.fill('#schedule-time_zone', 'Asia/Tokyo');
    await page.click('button[name=dry]');
    await page.waitForSelector('.k-windows li >> nth=4');
    expect((await read<{ schedules: unknown[] }>('/lifecycle/v1/schedules')).schedules).to.have.length(0);
    await page.selectOption('#schedule-repeat', 'once');
    await page.fill('#schedule-start_at', await inSeconds(page, 2));
    await page.click('button[name=make]');
    await page.waitForSelector('tbody .k-outcome-done', { timeout: 30_000 });
    await page.waitForSelector('.k-head .k-outcome-done');
    await eventually(async () => {
      const { power_state } = await read<{ power_state: string }>(`/v1/nodes/${server}`);
      expect(power_state).to.equal('power on');
    });
    expect(troubles).to.deep.equal([]);
  });

  it('shows what comes again on a calendar, and cancels it', async () => {
    await using window = await at(`/portal/schedules/new?servers=${server}`);
    const { page, troubles } = window;
    await page.selectOption('#schedule-tool', 'reboot');
    await page.fill('#schedule-name', 'every night');
    await page.selectOption('#schedule-repeat', 'again');
    await page.fill('#schedule-cron', 'x y');
    await page.click('button[name=make]');
    await page.waitForSelector('#schedule-cron-help .pf-m-error');
    troubles.splice(0);
    await page.fill('#schedule-cron', '30 1 * * *');
    await page.check('#schedule-os_off');
    await page.fill('#schedule-per_rack', '2');
    await page.click('button[name=make]');
    await page.click('.k-head-above a');
    await page.waitForSelector('.k-month a:has-text("every night")');
    await page.click('.k-month a:has-text("every night") >> nth=0');
    await page.click('.k-head-actions button');
    await page.click('.pf-v6-c-modal-box .pf-m-danger');
    await page.waitForSelector('.k-head .k-outcome-cancelled');
    expect(troubles).to.deep.equal([]);
  });

  it('S63 makes, changes and deletes what an operator keeps, and shows a refusal at its field', async () => {
    await using window = await at('/portal/admin/pools');
    const { page, troubles } = window;
    await page.click('.k-head-actions button');
    await page.fill('#record-name', 'bmc-1');
    await page.fill('#record-network', 'nonsense');
    await page.click('button[form=record-form]');
    await page.waitForSelector('#record-network-help .pf-m-error');
    troubles.splice(0);
    await page.fill('#record-network', '192.0.2.0/24');
    await page.click('#record-ranges');
    await page.fill('#record-ranges-0-first', '192.0.2.10');
    await page.fill('#record-ranges-0-last', '192.0.2.20');
    await page.click('button[form=record-form]');
    await page.click('[aria-label="Edit bmc-1"]');
    await page.fill('#record-vlan_id', '42');
    await page.click('button[form=record-form]');
    await page.waitForSelector('td:has-text("42")');
    const { pools } = await read<{ pools: object[] }>('/lifecycle/v1/pools');
    expect(pools[0]).to.deep.include({ name: 'bmc-1', network: '192.0.2.0/24', vlan_id: 42 });
    await page.click('[aria-label="Delete bmc-1"]');
    await page.click('.pf-v6-c-modal-box .pf-m-danger');
    await page.waitForSelector('text=Nothing here');
    expect(troubles).to.deep.equal([]);
  });

  it("S41 edits profiles, and runbooks by the bare metal API's patches", async () => {
    await using window = await at('/portal/admin/profiles');
    const { page, troubles } = window;
    await page.click('.k-head-actions button');
    await page.fill('#record-name', 'ubuntu');
    await page.fill('#record-cmdline', 'console=ttyS0 quiet');
    await page.click('button[form=record-form]');
    await page.click('[aria-label="Edit ubuntu"]');
    await page.fill('#record-description', 'Ubuntu 24.04 LTS');
    await picture(page, 's41-profile');
    await page.click('button[form=record-form]');
    await page.waitForSelector('td:has-text("Ubuntu 24.04 LTS")');
    await page.goto('/portal/admin/runbooks');
    await page.click('.k-head-actions button');
    await page.fill('#record-name', 'CUSTOM_RESET');
    await page.click('#record-steps');
    await page.selectOption('#record-steps-0-interface', 'bios');
    await page.fill('#record-steps-0-step', 'factory_reset');
    await page.click('button[form=record-form]');
    await page.click('[aria-label="Edit CUSTOM_RESET"]');
    await page.fill('#record-description', 'as it came');
    await page.click('button[form=record-form]');
    await page.waitForSelector('td:has-text("as it came")');
    expect(troubles).to.deep.equal([]);
  });

  it('shows a tenant no table of the provider', async () => {
    await using window = await at('/portal/admin/pools', portal.site.accounts[1]);
    await window.page.waitForSelector('text=There is no such page');
    expect(await window.page.locator('nav a[href^="/portal/admin/"]').count()).to.equal(1);
    expect(window.troubles).to.deep.equal([]);
  });

  it('S97 gives a server back after a typed confirmation, and its certificate is checked offline', async () => {
    const [, , , uuid = ''] = portal.rack;
    const { api, site } = portal;
    await provide(api, uuid, 'manage', 'manageable');
    await provide(api, uuid, 'provide', 'available');
    await api.request('POST', '/lifecycle/v1/orders', { project: 'team-a', count: 1, flavor: 'virtual' });
    await eventually(async () =>
      expect((await read<{ stage: string }>(`/lifecycle/v1/servers/${uuid}`)).stage).to.equal('in-use'),
    );
    await using window = await at(`/portal/servers/${uuid}`, site.accounts[1]);
    const { page, troubles } = window;
    await page.click('.k-tool-buttons .pf-m-danger:has-text("Return")');
    const go = page.locator('button[form=tool-form]');
    expect(await go.isDisabled()).to.equal(true);
    const { name } = await read<{ name: string }>(`/lifecycle/v1/servers/${uuid}`);
    await page.fill('#confirm', name);
    await go.click();
    // It leaves the tenant's sight soon: then its page says so instead.
    await page.waitForSelector('.k-result-begun, .pf-v6-c-empty-state');
    await eventually(async () =>
      expect((await read<{ stage: string }>(`/lifecycle/v1/servers/${uuid}`)).stage).to.equal('inventory'),
    );
    // It is not the tenant's any more: what its page asked meanwhile was refused.
    troubles.splice(0);
    await page.goto('/portal/certificates');
    await page.waitForSelector(`tr:has(a[href$="${uuid}"])`);
    expect(await faultsInEveryLook(page)).to.deep.equal([]);
    const begun = page.waitForEvent('download');
    await page.click(`tr:has(a[href$="${uuid}"]) button:has-text("Download")`);
    const file = await (await begun).path();
    const { keys } = await read<{ keys: { public_key: string }[] }>('/lifecycle/v1/certificate-keys');
    const key = `${file}.pem`;
    await writeFile(key, keys[0]?.public_key ?? '');
    const { code, stdout, stderr } = await kurogane(['verify-certificate', file, '--key', key]);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.contain('team-a');
    expect(troubles).to.deep.equal([]);
  });

  it('S83 hands out an account on a BMC, tells its password once, and takes it back', async () => {
    await using window = await at(`/portal/servers/${server}/access`);
    const { page, troubles } = window;
    await page.fill('#lease-hours', '2');
    await page.click('form[aria-label="New account"] button[type=submit]');
    await page.waitForSelector('.k-once');
    const shown = await page.locator('.k-once code').allInnerTexts();
    await page.waitForSelector(`[data-row]:has-text("${shown[1]}") .k-outcome-active`);
    await page.reload();
    await page.waitForSelector('[data-row]');
    expect(await page.content()).to.not.contain(shown[2]);
    await page.click(`[aria-label="Revoke ${shown[1]}"]`);
    await page.click('.pf-v6-c-modal-box .pf-m-danger');
    await page.waitForSelector(`[data-row]:has-text("${shown[1]}") .k-outcome-active`, { state: 'detached' });
    expect(troubles).to.deep.equal([]);
  });
});

/** A time by the page's clock, as a field of a date and a time takes it. */
async function inSeconds(page: Page, seconds: number): Promise<string> {
  return await page.evaluate<string>(
    `(() => { const at = new Date(Date.now() + ${seconds * 1000}); const two = (n) => String(n).padStart(2, '0');
      return at.getFullYear() + '-' + two(at.getMonth() + 1) + '-' + two(at.getDate()) + 'T' + [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':'); })()`,
  );
}
