import { expect } from 'chai';
import { enroll } from '../../bin/demo/tour.ts';
import { systemClock } from '../../config/system-clock.ts';
import { type Rack, startRack } from '../../rack/rack.ts';
import { eventually } from '../services/eventually.ts';
import { openWindow, signIn, type Window } from './browser.ts';
import { faultsInEveryLook } from './every-look.ts';
import { type PortalSite, provide, startPortalSite } from './portal-site.ts';

const SERVERS = 20;
const BROKEN = [4, 11] as const;
const CAUSE = 'the disk does not answer';

describe("the portal's orders", function () {
  this.timeout(60_000);
  let portal: PortalSite & AsyncDisposable;
  let rack: Rack;
  let raided: Rack;

  before(async () => {
    portal = await startPortalSite({ stock: 0 });
    const boot_url = (): string => portal.site.service.boot_url;
    const common = { clock: systemClock, boot_url, download_kernels: false };
    rack = await startRack({ ...common, count: SERVERS, name_prefix: 'order' });
    raided = await startRack({
      ...common,
      count: 1,
      name_prefix: 'raid',
      disks: 4,
      disk_bytes: 600 * 1024 ** 3,
    });
    for (const at of BROKEN)
      Object.assign(rack.servers[at]?.machine ?? {}, {
        agent_faults: { fails: { 'standby.prepare_image': CAUSE } },
      });
    await Promise.all(
      [...rack.servers, ...raided.servers].map((server) => stockUp(server, server === raided.servers[0])),
    );
  });
  after(async () => {
    await rack?.[Symbol.asyncDispose]();
    await raided?.[Symbol.asyncDispose]();
    await portal?.[Symbol.asyncDispose]();
  });

  /** @param inspected its disks become known. */
  async function stockUp(server: Rack['servers'][number], inspected: boolean): Promise<void> {
    const { api } = portal;
    const uuid = await enroll(api, server, null);
    const changes = { automated_clean: false, resource_class: inspected ? 'bm.raid' : 'bm.order' };
    const more = inspected ? { inspect_interface: 'agent', raid_interface: 'agent' } : {};
    await api.request(
      'PATCH',
      `/v1/nodes/${uuid}`,
      Object.entries({ ...changes, ...more }).map(([name, value]) => ({
        op: 'add',
        path: `/${name}`,
        value,
      })),
    );
    await provide(api, uuid, 'manage', 'manageable');
    if (inspected) await provide(api, uuid, 'inspect', 'manageable');
    await provide(api, uuid, 'provide', 'available');
  }

  async function at(path: string, who = portal.site.accounts[1]): Promise<Window> {
    const window = await openWindow(portal.browser, portal.origin);
    if (who === undefined) throw new Error('There is no tenant.');
    await signIn(window.page, who, path);
    return window;
  }

  it('S78 draws the layouts that the disks allow', async () => {
    await using window = await at('/portal/orders/new');
    const { page, troubles } = window;
    await page.click('[data-group="bm.raid"]');
    const levels = await page
      .locator('[data-raid]')
      .evaluateAll((cards) =>
        cards.map((card) => [card.getAttribute('data-raid'), card.querySelectorAll('.k-disk').length]),
      );
    expect(levels).to.deep.equal([
      ['0', 4],
      ['1', 2],
      ['5', 4],
      ['6', 4],
      ['1+0', 4],
      ['JBOD', 4],
    ]);
    expect(await faultsInEveryLook(page)).to.deep.equal([]);
    await page.fill('#order-count', '501');
    await page.evaluate("document.querySelector('form.k-form').noValidate = true");
    await page.click('button[type=submit]');
    await page.waitForSelector('#order-count-help >> text=/count/');
    expect(troubles.splice(0).join('\n')).to.match(/^answer: 400 POST .*\/orders\nconsole: [^\n]*400[^\n]*$/);
  });

  it(`S79 takes ${SERVERS} servers, of which ${BROKEN.length} fail by themselves, and those again`, async () => {
    await using window = await at('/portal/orders');
    const { page, troubles } = window;
    const began = await page.evaluate('performance.timeOrigin');
    await page.click('text=Order servers');
    await page.click('[data-group="bm.order"]');
    await page.fill('#order-count', String(SERVERS));
    await page.fill('#order-name', 'twenty');
    await page.fill('#order-names', Array.from({ length: SERVERS }, (_, n) => `web-${n}`).join('\n'));
    await page.click('label:has-text("Install an image")');
    await page.fill('#order-image', portal.site.image.url);
    await page.fill('#order-checksum', portal.site.image.sha256);
    await page.click('button[type=submit]');
    await page.waitForSelector('.k-outcome-building');
    await page.waitForSelector(`[data-progress="done"] >> text="${SERVERS - BROKEN.length}"`, {
      timeout: 50_000,
    });
    await page.waitForSelector(`[data-progress="failed"] >> text="${BROKEN.length}"`, { timeout: 50_000 });
    expect(await page.locator(`.k-why:has-text("${CAUSE}")`).count()).to.equal(BROKEN.length);

    for (const broken of BROKEN) Object.assign(rack.servers[broken]?.machine ?? {}, { agent_faults: {} });
    await eventually(async () => {
      const { total } = await portal.api.request<{ total: number }>(
        'GET',
        '/lifecycle/v1/stock?flavor=bm.order',
      );
      expect(total).to.equal(BROKEN.length);
    });
    await page.click('text=/Order the 2 failed ones again/');
    await page.waitForSelector(`.k-head .k-outcome-done`, { timeout: 30_000 });
    await page.waitForSelector(`[data-progress="done"] >> text="${BROKEN.length}"`);
    await page.click('.k-head-above a');
    await page.waitForSelector('.k-outcome-partial');
    expect(await page.evaluate('performance.timeOrigin')).to.equal(began);
    expect(troubles).to.deep.equal([]);
  });

  it("S107 shows nobody another project's orders", async () => {
    await using window = await at('/portal/orders', portal.site.accounts[2]);
    await window.page.waitForSelector('text=No orders yet');
    expect(window.troubles).to.deep.equal([]);
  });
});
