import { expect } from 'chai';
import { eventually } from '../services/eventually.ts';
import { openWindow, picture, signIn } from './browser.ts';
import { faultsInEveryLook } from './every-look.ts';
import { type PortalSite, provide, startPortalSite } from './portal-site.ts';

interface Shown {
  uuid: string;
  stage: string;
  lessee: string;
}

describe('the portal for a customer', function () {
  this.timeout(60_000);
  let portal: PortalSite & AsyncDisposable;
  let uuid: string;

  before(async () => {
    portal = await startPortalSite({ stock: 0 });
    uuid = portal.rack[4] ?? '';
    const { api } = portal;
    const post = <T>(path: string, body: object): Promise<T> =>
      api.request<T>('POST', `/lifecycle/v1/${path}`, body);
    const profile = await post<{ uuid: string }>('profiles', {
      ...{ name: 'ubuntu-24.04', image: portal.site.image.url, public: true },
      image_checksum: portal.site.image.sha256,
      ...{ template_kind: 'cloud-init', template: '#cloud-config\nusers:\n  - name: ops\n' },
    });
    const flavor = await post<{ uuid: string }>('flavors', {
      ...{ name: 'general', resource_class: 'virtual', match: [], profile_uuid: profile.uuid },
    });
    await api.request('PATCH', `/lifecycle/v1/servers/${uuid}`, { flavor_uuid: flavor.uuid });
    await api.request('PATCH', `/v1/nodes/${uuid}`, [{ op: 'add', path: '/automated_clean', value: false }]);
    await provide(api, uuid, 'manage', 'manageable');
    await provide(api, uuid, 'provide', 'available');
  });
  after(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  it('S57 S69 lets whoever is no administrator take a server, watch its deploy, reach it and reset it', async () => {
    const [, alice] = portal.site.accounts;
    if (alice === undefined) throw new Error('There is no tenant.');
    expect(alice.role).to.equal('member');
    await using provider = await openWindow(portal.browser, portal.origin);
    await signIn(provider.page, portal.site.accounts[0], `/portal/servers/${uuid}/timeline`);
    await provider.page.waitForSelector('.k-attempt-done');
    await using window = await openWindow(portal.browser, portal.origin);
    const { page, troubles } = window;
    await signIn(page, alice, '/portal/orders/new');
    await page.click('.k-card');
    await page.fill('#order-name', 'database');
    await page.fill('#order-names', 'db-1');
    await page.click('label:has-text("Install an image")');
    await page.selectOption('#order-profile', { label: 'ubuntu-24.04' });
    await page.click('button[type=submit]');
    const deploy = provider.page.locator('.k-attempt:has-text("deploy") >> nth=0');
    await provider.page.waitForSelector('.k-attempt-running .k-step, .k-attempt-waiting .k-step');
    await picture(provider.page, 's57-deploy');
    await page.click(`a[href="/portal/servers/${uuid}"]`);
    await page.waitForSelector('.k-server-head .k-stage-in-use', { timeout: 40_000 });
    await deploy.locator('.k-attempt-state-done').waitFor();
    await page.waitForSelector('.k-facts >> text=198.51.100.14');
    await page.click('.k-tools button:has-text("Move to maintenance")');
    await page.fill('#reason', 'a new kernel');
    await page.click('button[form=tool-form]');
    await page.click('[role=dialog] button:has-text("Close") >> nth=-1');
    await page.waitForSelector('.k-server-head .k-stage-maintenance');
    await page.click('.k-tool-buttons >> text="Reset"');
    await page.click('button[form=tool-form]');
    await page.waitForSelector('.k-result-begun');
    await picture(page, 's69-reset');
    await page.click('[role=dialog] button:has-text("Close") >> nth=-1');
    await eventually(async () => {
      const { attempts } = await portal.api.request<{ attempts: { kind: string; state: string }[] }>(
        'GET',
        `/lifecycle/v1/servers/${uuid}/timeline?limit=1`,
      );
      expect(attempts[0]?.state).to.equal('done');
    });
    await page.click('.k-tools button:has-text("End the maintenance")');
    await page.click('button[form=tool-form]');
    await page.click('[role=dialog] button:has-text("Close") >> nth=-1');
    await page.waitForSelector('.k-server-head .k-stage-in-use');
    expect([...troubles, ...provider.troubles]).to.deep.equal([]);
  });

  it('S52 lists servers with what their profiles made of them, apart from the hardware', async () => {
    const { api, site, rack } = portal;
    const shown = await api.request<Shown>('GET', `/lifecycle/v1/servers/${uuid}`);
    expect(shown.lessee).to.equal('team-a');
    await using window = await openWindow(portal.browser, portal.origin);
    const { page, troubles } = window;
    await signIn(page, site.accounts[0], '/portal/baremetal');
    const row = page.locator(`[data-row="${uuid}"]`);
    await row.locator('text="ubuntu-24.04"').waitFor();
    await row.locator('text="INSTALLED"').waitFor();
    await row.locator('text="198.51.100.14"').waitFor();
    expect(await page.locator('[data-row]').count())
      .to.equal(1)
      .and.be.lessThan(rack.length);
    await picture(page, 's52-baremetal');
    expect(await faultsInEveryLook(page)).to.deep.equal([]);
    expect(troubles).to.deep.equal([]);
  });

  it('S53 marks a VLAN that the switch tells otherwise', async () => {
    const { api, site } = portal;
    const cell = `[data-row="${uuid}"] [data-label="VLAN"]`;
    const { ports } = await api.request<{ ports: { uuid: string }[] }>('GET', `/v1/ports?node=${uuid}`);
    const told = (vlans: number[]) =>
      api.request('PATCH', `/v1/ports/${ports[0]?.uuid}`, [
        { op: 'add', path: '/extra/switch_vlan_ids', value: vlans },
      ]);
    await using window = await openWindow(portal.browser, portal.origin);
    const { page, troubles } = window;
    await told([111, 110]);
    await signIn(page, site.accounts[0], '/portal/baremetal');
    const [planned = ''] = /\d+/.exec((await page.textContent(cell)) ?? '') ?? [];
    await told([999]);
    await page.reload();
    await page.waitForSelector(`${cell} .k-differs:has-text("switch: 999")`);
    await told([Number(planned)]);
    await page.reload();
    await page.waitForSelector(cell);
    expect(await page.locator(`${cell} .k-differs`).count()).to.equal(0);
    expect(troubles).to.deep.equal([]);
  });

  it('S69 shows a member how to log in by SSH, to be copied', async () => {
    const [, alice] = portal.site.accounts;
    if (alice === undefined) throw new Error('There is no tenant.');
    await using window = await openWindow(portal.browser, portal.origin);
    const { page, troubles } = window;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await signIn(page, alice, '/portal/baremetal');
    await page.click(`[data-row="${uuid}"] [aria-label="Copy: ssh ops@198.51.100.14"]`);
    await page.waitForSelector('[role=status]:has-text("Copied")', { state: 'attached' });
    expect(await page.evaluate('navigator.clipboard.readText()')).to.equal('ssh ops@198.51.100.14');
    await page.goto(`/portal/servers/${uuid}`);
    await page.waitForSelector('.k-facts .k-ssh:text-is("ssh 198.51.100.14")');
    expect(troubles).to.deep.equal([]);
  });
});
