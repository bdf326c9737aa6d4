import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { openStore } from '../../db/open-store.ts';
import { newKeyLine, parseKeyRing } from '../../db/secrets.ts';
import { eventually } from '../services/eventually.ts';
import { BOTH_LOOKS, type Look, openWindow, type Page, signIn, violations, type Window } from './browser.ts';
import { type PortalSite, provide, startPortalSite } from './portal-site.ts';

const DAY_MS = 86_400_000;
/** What a spreadsheet would run, and a browser too. */
const HOSTILE = '=HYPERLINK("http://evil.example") <b>';

const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();

describe('what the portal keeps a record of', function () {
  this.timeout(60_000);
  let portal: PortalSite & AsyncDisposable;
  let server: string;
  let tenant: PortalSite['site']['accounts'][0];

  before(async () => {
    portal = await startPortalSite({ stock: 2 });
    const { api, stock, site } = portal;
    server = stock[0] ?? '';
    tenant = site.accounts[1] ?? site.accounts[0];
    await provide(api, server, 'manage', 'manageable');
    await provide(api, server, 'provide', 'available');
    const replacement = await api.request<{ uuid: string }>('POST', '/lifecycle/v1/models', {
      ...{ vendor: 'Dell Inc.', name: 'PowerEdge R670' },
    });
    await api.request('POST', '/lifecycle/v1/models', {
      ...{ vendor: 'Fujitsu', name: 'PRIMERGY RX2540 M7', end_of_support: inDays(200) },
      replacement_uuid: replacement.uuid,
    });
    await api.request('PATCH', `/lifecycle/v1/servers/${stock[1]}`, { warranty_until: inDays(-3) });
    await tellNotices(portal, tenant.project ?? '', server);
  });
  after(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  async function at(path: string, who = portal.site.accounts[0], look?: Look): Promise<Window> {
    const window = await openWindow(portal.browser, portal.origin, look);
    await signIn(window.page, who, path);
    return window;
  }

  it('shows who changed what from what to what, live, and what was refused', async () => {
    const { api } = portal;
    await using window = await at('/portal/audit?action=pool-update');
    const { page, troubles } = window;
    await page.waitForSelector('text=Nothing was written down');
    const pool = { name: 'p', network: '192.0.2.0/24', vlan_id: 7 };
    const { uuid } = await api.request<{ uuid: string }>('POST', '/lifecycle/v1/pools', pool);
    await api.request('PATCH', `/lifecycle/v1/pools/${uuid}`, { vlan_id: 8 });
    await page.waitForSelector('.k-changes li:has-text("vlan_id: 7 → 8")');
    await page.selectOption('#filter-outcome', 'refused');
    await page.waitForSelector('text=Nothing was written down');
    await page.click('.k-filter-go .pf-m-link');
    await page.waitForSelector('[data-row]:has-text("pool-create")');
    await refuse(api, `/lifecycle/v1/servers/${server}/quarantine/release`);
    await page.selectOption('#filter-outcome', 'refused');
    const row = page.locator('[data-row]:has-text("servers.release")');
    await row.locator('.k-changes li:has-text("status: 409")').waitFor();
    expect(await row.locator(`a[href="/portal/servers/${server}"]`).count()).to.equal(1);
    await row.locator('.k-request').click();
    await page.waitForURL(/request_id=req-/);
    await eventually(async () => expect(await page.locator('[data-row]').count()).to.equal(1));
    await page.fill('#filter-since', '2020-01-01T00:00');
    await page.fill('#filter-until', '2020-01-02T00:00');
    await page.click('.k-filter-go button[type=submit]');
    await page.waitForSelector('text=Nothing was written down');
    expect(troubles).to.deep.equal([]);
    await page.click('.k-filter-go .pf-m-link');
    await page.fill('#filter-server', 'nobody');
    await page.click('.k-filter-go button[type=submit]');
    await page.waitForSelector('text=nobody could not be found');
  });

  it('leads from an entry to what it is about, and keeps what is shown as a file that runs nothing', async () => {
    const { api } = portal;
    await api.request('POST', '/lifecycle/v1/firmware-baselines', { component: 'bmc', version: HOSTILE });
    await using window = await at('/portal/audit?action=firmware-baseline-create');
    const { page, troubles } = window;
    await page.waitForSelector('[data-row]');
    const json = JSON.parse(await download(page, 'Download JSON')) as { id: number; detail: object }[];
    expect(json[0]?.detail).to.have.nested.property('changes.version[1]', HOSTILE);
    const csv = await download(page, 'Download CSV');
    expect(csv).to.match(
      /^\uFEFFid,created_at,user,project,server_uuid,action,outcome,request_id,detail\r\n\d+,/,
    );
    await page.click('[data-row] td a.k-mono');
    await page.waitForSelector(`td:has-text(${JSON.stringify('=HYPERLINK')})`);
    expect(troubles).to.deep.equal([]);
  });

  it('shows a project what was done in its name, and what it was told', async () => {
    await using window = await at('/portal/audit', tenant);
    const { page, troubles } = window;
    await page.waitForSelector('.k-filter');
    expect(await page.locator('#filter-project').count()).to.equal(0);
    await page.waitForSelector('text=Nothing was written down');
    await page.goto('/portal/notices');
    await eventually(async () => expect(await page.locator('[data-row]').count()).to.equal(1));
    await page.waitForSelector(`[data-row] a[href="/portal/servers/${server}"]`);
    await page.waitForSelector('[data-row]:has-text("HTTP status 500")');
    expect(troubles).to.deep.equal([]);
  });

  it('shows an operator every notice, with why it did not come, and tries again', async () => {
    await using window = await at('/portal/notices');
    const { page, troubles } = window;
    await eventually(async () => expect(await page.locator('[data-row]').count()).to.equal(3));
    await page.selectOption('#filter-state', 'dead');
    await eventually(async () => expect(await page.locator('[data-row]').count()).to.equal(1));
    await page.click('[aria-label="Try again: server.fault"]');
    await page.waitForSelector('text=Nobody was told of anything');
    await page.selectOption('#filter-state', '');
    await page.click('[aria-label="Drop: server.fault"]');
    await page.click('.pf-v6-c-modal-box .pf-m-danger');
    await page.waitForSelector('.k-outcome-dropped');
    expect(troubles).to.deep.equal([]);
  });

  it('S98 shows what ends, by month and year, and what to buy', async () => {
    await using window = await at('/portal/reports');
    const { page, troubles } = window;
    await page.waitForSelector('.k-group:has-text("Ended already") >> text=Warranty');
    const support = page.locator('.k-group:has-text("Support")');
    expect(await support.locator('a[href^="/portal/servers/"]').count()).to.be.greaterThan(0);
    expect(await page.locator('section[aria-labelledby=report-plan] tbody tr').innerText()).to.contain(
      'PowerEdge R670',
    );
    const lines = (await download(page, 'Download CSV')).split('\r\n');
    expect(lines[1]).to.match(/^\d{4}-\d\d-\d\dT[^,]+,warranty,-\d,/);
    await page.selectOption('#report-by', 'year');
    await page.waitForSelector('.k-group-title:text-matches("^20[0-9]{2}$")');
    await page.selectOption('#report-days', '30');
    await page.waitForSelector('text=Nothing has to be replaced by then.');
    expect(troubles).to.deep.equal([]);
  });

  it('has quotas set by an operator, and tells a tenant what is left where it orders', async () => {
    {
      await using window = await at('/portal/quotas');
      const { page, troubles } = window;
      await page.click('.k-head-actions button');
      await page.fill('#quota-project', tenant.project ?? '');
      await page.fill('#quota-servers', '3');
      await page.click('button[form=quota-form]');
      await page.click(`[aria-label="Change the quota of ${tenant.project}"]`);
      await page.fill('#quota-servers', '9');
      await page.click('button[form=quota-form]');
      await page.waitForSelector('[data-row] td:text-is("9")');
      expect(troubles).to.deep.equal([]);
    }
    await using window = await at('/portal/orders/new', tenant);
    const { page, troubles } = window;
    await page.click('.k-card');
    expect(await page.innerText('.k-quota')).to.match(/^\d of 9 servers left/);
    expect(await page.locator('.k-quota button').count()).to.equal(0);
    await page.goto('/portal/quotas');
    await page.waitForSelector('text=There is no such page');
    expect(troubles).to.deep.equal([]);
  });

  for (const look of BOTH_LOOKS)
    it(`have no fault that axe-core finds: ${look.language}, ${look.theme}`, async () => {
      await using window = await at('/portal/audit', portal.site.accounts[0], look);
      const { page, troubles } = window;
      for (const [path, there] of [
        ['/portal/audit', '[data-row] .k-changes'],
        ['/portal/notices', '[data-row]'],
        ['/portal/reports', '.k-group'],
        ['/portal/quotas', '[data-row]'],
      ] as const) {
        if (path !== '/portal/audit') await page.goto(path);
        await page.waitForSelector(there);
        expect(await violations(page), path).to.deep.equal([]);
      }
      expect(troubles).to.deep.equal([]);
    });
});

/** Presses a button that has the browser keep a file; resolves with what is in it. */
async function download(page: Page, button: string): Promise<string> {
  const begun = page.waitForEvent('download');
  await page.click(`.k-head-actions button:has-text("${button}")`);
  return await readFile(await (await begun).path(), 'utf8');
}

/** Asks for what cannot be done now. */
async function refuse(api: PortalSite['api'], path: string): Promise<void> {
  const refused = await api.request('POST', path, { reason: 'x' }).catch(() => null);
  expect(refused).to.equal(null);
}

/** Notices of every kind, as the service would have them after a while. */
async function tellNotices({ site }: PortalSite, project: string, server_uuid: string): Promise<void> {
  const connection = `sqlite://${join(dirname(site.log_file), 'kurogane.sqlite')}`;
  await using store = await openStore({ connection, keys: parseKeyRing(newKeyLine()) });
  const common = { event: 'server.fault', severity: 'error', project, server_uuid, next_at: 0 } as const;
  const payload = { text: `The server ${server_uuid} was taken out of work.` };
  const dead = { state: 'dead', attempts: 8, last_error: 'HTTP status 500', audience: project } as const;
  await store.notices.create({ ...common, outlet: 'webhook', subject_key: '1', payload, ...dead });
  const sent = { state: 'sent', attempts: 1, sent_at: await store.now() } as const;
  await store.notices.create({ ...common, outlet: 'email', subject_key: '2', payload, ...sent });
  const news = {
    event: 'registration.failed',
    severity: 'warning',
    outlet: 'slack',
    state: 'dropped',
  } as const;
  await store.notices.create({ ...news, subject_key: '3', payload, next_at: 0 });
}
