import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { BOTH_LOOKS, type Look, openWindow, type Page, signIn, violations, type Window } from './browser.ts';
import { type PortalSite, startPortalSite } from './portal-site.ts';

/** What people, and machines, call things. */
const HOSTILE = {
  markup: '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">',
  turned: '\u202Eevil\u202C שרת \u0645\u062E\u062F\u0645',
  long: 'X'.repeat(255),
  foxes: '🦊'.repeat(60),
};

describe("the portal's tables of administration", function () {
  this.timeout(60_000);
  let portal: PortalSite & AsyncDisposable;

  before(async () => {
    portal = await startPortalSite({ stock: 1 });
  });
  after(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  async function at(path: string, look?: Look): Promise<Window> {
    const window = await openWindow(portal.browser, portal.origin, look);
    await signIn(window.page, portal.site.accounts[0], path);
    return window;
  }

  const read = <T>(path: string): Promise<T> => portal.api.request<T>('GET', path);
  /** As people go: the page is not loaded anew. */
  const go = async (page: Page, table: string): Promise<void> => {
    await page.click(`nav a[href="/portal/admin/${table}"]`);
    await page.waitForURL(`**/portal/admin/${table}`);
  };
  const create = (page: Page) => page.click('.k-head-actions .pf-m-primary');
  const save = (page: Page) => page.click('button[form=record-form]');
  const saved = (page: Page) => page.waitForSelector('#record-form', { state: 'detached' });

  it('have inputs for what operators type daily: conditions, references, days, events', async () => {
    await using window = await at('/portal/admin/profiles');
    const { page, troubles } = window;
    await create(page);
    await page.fill('#record-name', 'noble');
    await page.fill('#record-kernel', 'http://files.example/vmlinuz');
    await page.fill('#record-initrd', 'http://files.example/initrd');
    await page.locator('label[for=record-public]').last().click();
    await save(page);
    await saved(page);
    await go(page, 'flavors');
    await create(page);
    await page.fill('#record-name', 'bm.large');
    await page.click('#record-match');
    await page.selectOption('#record-match-0-field', 'memory_mb');
    await page.selectOption('#record-match-0-op', 'ge');
    await page.fill('#record-match-0-value', '65536');
    await page.click('#record-match');
    await page.selectOption('#record-match-1-field', 'product_name');
    await page.selectOption('#record-match-1-op', 'like');
    await page.fill('#record-match-1-value', 'R6*');
    await page.click('[aria-label="Move up: Servers of this kind: 2"]');
    await page.selectOption('#record-profile_uuid', { label: 'noble' });
    await save(page);
    await page.waitForSelector('td:has-text("product_name ~ R6*, memory_mb ≥ 65536")');
    await page.waitForSelector('td:has-text("noble")');
    await go(page, 'models');
    for (const name of ['R660', 'R640']) {
      await create(page);
      await page.fill('#record-vendor', 'Dell');
      await page.fill('#record-name', name);
      await page.fill('#record-end_of_support', name === 'R660' ? '2031-03-31' : '2027-06-30');
      if (name === 'R640') await page.selectOption('#record-replacement_uuid', { label: 'Dell R660' });
      await save(page);
      await page.waitForSelector(`td:has-text("${name}")`);
    }
    const { models } = await read<{ models: Record<string, string>[] }>('/lifecycle/v1/models');
    expect(models[1]).to.include({
      end_of_support: '2027-06-30T00:00:00.000Z',
      replacement_uuid: models[0]?.uuid,
    });
    await go(page, 'subscriptions');
    await create(page);
    await page.fill('#record-name', 'noc');
    await page.selectOption('#record-outlet', 'webhook');
    await page.fill('#record-target', 'https://hooks.example/noc');
    await page.check('#record-events-server\\.fault');
    await page.fill('#record-events', 'repair.');
    await save(page);
    await page.waitForSelector('.k-once code');
    await page.waitForSelector('td:has-text("server.fault, repair.")');
    expect(troubles).to.deep.equal([]);
  });

  it("have what the bare metal API keeps: a runbook's steps are chosen, ordered and removed", async () => {
    await using window = await at('/portal/admin/runbooks');
    const { page, troubles } = window;
    await create(page);
    await page.fill('#record-name', 'CUSTOM_BASE');
    for (const [index, [on, step]] of [
      ['firmware', 'update'],
      ['bios', 'factory_reset'],
      ['power', 'oops'],
    ].entries()) {
      await page.click('#record-steps');
      await page.selectOption(`#record-steps-${index}-interface`, on ?? '');
      await page.fill(`#record-steps-${index}-step`, step ?? '');
    }
    await page.fill('#record-steps-0-args', '{"settings": [');
    await page.waitForSelector('#record-steps-0-args-help >> text=settings *');
    expect(await page.locator('#record-steps-0-step-list option').count()).to.be.greaterThan(0);
    await page.click('[aria-label="Remove: Steps: 3"]');
    await page.click('[aria-label="Move down: Steps: 1"]');
    await save(page);
    await page.waitForSelector('#record-steps-help .pf-m-error');
    await page.fill('#record-steps-1-args', '{"settings": []}');
    await save(page);
    await page.waitForSelector('td:has-text("bios.factory_reset, firmware.update")');
    await page.click('[aria-label="Traits of CUSTOM_BASE"]');
    await page.fill('#traits', 'CUSTOM_GOLD\n');
    await page.click('button[form=traits-form]');
    await page.waitForSelector('td:has-text("CUSTOM_GOLD")');
    await go(page, 'deploy-templates');
    await create(page);
    await page.fill('#record-name', 'CUSTOM_RAID');
    await page.click('#record-steps');
    await page.selectOption('#record-steps-0-interface', 'raid');
    await page.fill('#record-steps-0-step', 'apply_configuration');
    await page.fill('#record-steps-0-priority', '80');
    await save(page);
    await page.waitForSelector('td:has-text("raid.apply_configuration")');
    await go(page, 'inspection-rules');
    await create(page);
    await page.fill('#record-description', 'big ones');
    await page.click('#record-actions');
    await page.selectOption('#record-actions-0-op', 'set-capability');
    await page.fill('#record-actions-0-args', '{"name": "big", "value": "yes"}');
    await save(page);
    await page.click('[aria-label="Edit big ones"]');
    await page.fill('#record-priority', '7');
    await save(page);
    await page.waitForSelector('td:has-text("set-capability")');
    await go(page, 'chassis');
    await create(page);
    await page.fill('#record-description', 'c7000 in A1');
    await save(page);
    await page.waitForSelector('td:has-text("c7000 in A1")');
    expect(troubles).to.deep.equal([]);
  });

  it('lose nothing that was typed: to a refusal, a service that is away, a session that ends, or a way out', async () => {
    await using window = await at('/portal/admin/addresses');
    const { page, forgive } = window;
    await page.click('nav a[href="/portal/admin/pools"]');
    await page.waitForSelector('h1:has-text("Address pools")');
    await create(page);
    await page.fill('#record-name', 'bmc-1');
    await page.fill('#record-network', '192.0.2.0/24');
    await page.click('#record-ranges');
    await page.fill('#record-ranges-0-first', '192.0.2.200');
    await page.fill('#record-ranges-0-last', '192.0.2.100');
    await save(page);
    await page.waitForSelector('#record-ranges-help .pf-m-error');
    await page.fill('#record-ranges-0-last', '192.0.2.250');
    await page.keyboard.press('Escape');
    await page.click('[role=dialog]:has-text("Leave without saving?") button:has-text("Cancel")');
    await page.goBack();
    await page.waitForSelector('text=Leave without saving?');
    await page.click('[role=dialog]:has-text("Leave without saving?") button:has-text("Cancel")');
    expect(new URL(page.url()).pathname).to.equal('/portal/admin/pools');
    await page.route('**/lifecycle/v1/pools', (route) =>
      route.request().method() === 'POST'
        ? route.fulfill({
            status: 503,
            contentType: 'application/json',
            body: JSON.stringify({ error_message: JSON.stringify({ faultstring: 'The database is away.' }) }),
          })
        : route.continue(),
    );
    await save(page);
    await page.waitForSelector('[role=dialog] >> text=The database is away.');
    await page.unroute('**/lifecycle/v1/pools');
    await page.context().clearCookies();
    await save(page);
    await page.waitForSelector('text=Your session has ended');
    await page.fill('#password', portal.site.accounts[0].password);
    await page.click('[role=dialog]:has(#password) button[type=submit]');
    await page.waitForSelector('#password', { state: 'detached' });
    forgive();
    expect(await page.inputValue('#record-ranges-0-first')).to.equal('192.0.2.200');
    await save(page);
    await page.waitForSelector('td:has-text("192.0.2.200 – 192.0.2.250")');
    await create(page);
    await page.fill('#record-name', 'never mind');
    await page.keyboard.press('Escape');
    await page.click('button:has-text("Leave")');
    await saved(page);
    expect(window.troubles).to.deep.equal([]);
  });

  it('take the cabling plan as a file, line by line, and give it back', async () => {
    const file = join(tmpdir(), `kurogane-cables-${process.pid}.csv`);
    const lines = Array.from(
      { length: 60 },
      (_, i) => `A1/${String(i).padStart(2, '0')},eth0,leaf${i % 4},${i}`,
    );
    await writeFile(
      file,
      ['device,port,switch,switch port', ...lines, 'A1/00,eth0,leaf9,1', 'A1/99,eth0'].join('\n'),
    );
    await using window = await at('/portal/admin/cables');
    const { page, troubles } = window;
    await page.click('button:has-text("Import CSV")');
    await page.setInputFiles('#import-file', file);
    await page.waitForSelector('text=62 lines: 60 new, 0 changed, 0 as they are, 2 wrong');
    await page.waitForSelector('tr:has-text("A1/99"):has-text("Switch is missing")');
    await page.waitForSelector('tr:has-text("leaf9"):has-text("is in line 2 already")');
    await page.click('button:has-text("Import 60")');
    await page.waitForSelector('text=60 / 60');
    await page.waitForSelector('tr:has-text("A1/59") .k-outcome-done');
    await page.keyboard.press('Escape');
    await page.waitForSelector('text=1 – 50 of 60');
    await writeFile(file, 'A1/00;eth0;leaf0;0\nA1/01;eth0;leaf9;"=1+1"\n');
    await page.click('button:has-text("Import CSV")');
    await page.setInputFiles('#import-file', file);
    await page.waitForSelector('text=2 lines: 0 new, 1 changed, 1 as they are, 0 wrong');
    await page.click('button:has-text("Import 1")');
    await page.waitForSelector('tr:has-text("leaf9") .k-outcome-done');
    await page.keyboard.press('Escape');
    // Found, turned round and paged by the service; what is shown stands in the address.
    await page.click('[aria-label="Next page"]');
    await page.waitForSelector('text=51 – 60 of 60');
    await page.click('th:has-text("Device") button');
    await page.click('th:has-text("Device") button');
    await page.waitForSelector('tbody tr:first-child:has-text("A1/59")');
    await page.fill('.k-search input', 'LEAF9');
    await page.waitForSelector('text=1 – 1 of 1');
    expect(page.url()).to.contain('q=LEAF9').and.to.contain('sort=device');
    const download = page.waitForEvent('download');
    await page.click('button:has-text("Export CSV")');
    const text = await readFile(await (await download).path(), 'utf8');
    expect(text.split('\r\n')[1]).to.contain(`A1/01,eth0,leaf9,"'=1+1",`);
    expect(troubles).to.deep.equal([]);
  });

  it('have the ports, port groups, volumes and traits of a server on its page', async () => {
    const uuid = portal.stock[0] ?? '';
    await using window = await at(`/portal/servers/${uuid}/hardware`);
    const { page, troubles } = window;
    const part = (name: string) => page.locator(`section[aria-label="${name}"]`);
    await part('Port groups').locator('button').first().click();
    await page.fill('#record-name', 'bond0');
    await save(page);
    await saved(page);
    await part('Ports of the node').locator('.k-head button').click();
    await page.fill('#record-address', 'nonsense');
    await save(page);
    await page.waitForSelector('#record-address-help .pf-m-error');
    troubles.splice(0);
    await page.fill('#record-address', '52:54:00:aa:bb:01');
    await page.selectOption('#record-portgroup_uuid', { label: 'bond0' });
    await page.fill('#record-local_link_connection-switch_id', '00:11:22:33:44:55');
    await page.fill('#record-local_link_connection-port_id', 'Eth1/7');
    await save(page);
    await part('Ports of the node').locator('tr:has-text("52:54:00:aa:bb:01"):has-text("bond0")').waitFor();
    await page.click('[aria-label="Edit 52:54:00:aa:bb:01"]');
    await page.fill('#record-name', 'eno1');
    await save(page);
    await part('Ports of the node').locator('td:has-text("eno1")').waitFor();
    await part('Volume connectors').locator('.k-head button').click();
    await page.fill('#record-type', 'iqn');
    await page.fill('#record-connector_id', 'iqn.2026-11.example:a');
    await save(page);
    await page.click('[aria-label="Delete iqn.2026-11.example:a"]');
    await page.click('.pf-v6-c-modal-box .pf-m-danger');
    await part('Volume connectors').locator('td').first().waitFor({ state: 'detached' });
    await part('Traits').locator('button').click();
    await page.fill('#traits', 'CUSTOM_GOLD');
    await page.click('button[form=traits-form]');
    await part('Traits').locator('text=CUSTOM_GOLD').waitFor();
    expect(await violations(page)).to.deep.equal([]);
    expect(troubles).to.deep.equal([]);
  });

  it('show hostile names as text, in every table and in what is asked about them', async () => {
    const { markup, turned, long, foxes } = HOSTILE;
    const make = (path: string, body: object) => portal.api.request('POST', `/lifecycle/v1/${path}`, body);
    await make('cables', {
      device: markup,
      port: turned,
      switch_name: foxes,
      switch_port: long,
      note: markup,
    });
    await make('models', { vendor: markup, name: turned, note: long });
    await make('firmware-baselines', {
      component: 'bios',
      manufacturer: markup,
      product_name: turned,
      version: long,
    });
    await make('work-orders', { kind: 'other', what: markup, place: turned, assignee: long });
    await make('subscriptions', {
      name: markup,
      outlet: 'webhook',
      target: 'https://a.example',
      events: [turned],
    });
    await make('profiles', { name: 'p', description: markup, kernel: turned, initrd: long });
    await make('flavors', { name: 'f', description: turned, availability_zone: markup });
    await make('addresses', { pool: 'bmc-1', address: '192.0.2.9', note: markup });
    await using window = await at('/portal/admin/cables?q=window');
    const { page, troubles } = window;
    const tables = [
      'models',
      'firmware-baselines',
      'work-orders',
      'subscriptions',
      'profiles',
      'flavors',
      'addresses',
    ];
    for (const table of ['cables', ...tables]) {
      if (table !== 'cables') await go(page, table);
      await page.waitForSelector('td bdi:has-text("<script>window.hacked"), td bdi[title^="<script>"]');
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), table).to.equal(true);
    }
    await go(page, 'cables');
    await page.fill('.k-search input', 'window');
    await page.click('[data-row]:has-text("<script>") .pf-m-danger');
    await page.waitForSelector('[role=dialog] >> text=<script>');
    expect(await page.evaluate('window.hacked')).to.equal(undefined);
    expect(troubles).to.deep.equal([]);
  });

  for (const look of BOTH_LOOKS)
    it(`have forms without a fault that axe-core finds: ${look.language}, ${look.theme}`, async () => {
      await using window = await at('/portal/admin/pools', look);
      const { page, troubles } = window;
      for (const table of ['pools', 'runbooks', 'subscriptions']) {
        if (table !== 'pools') await go(page, table);
        await create(page);
        await page.waitForSelector('#record-form');
        if (table !== 'subscriptions') await page.click('.k-part > div > button');
        expect(await violations(page), table).to.deep.equal([]);
        await page.keyboard.press('Escape');
        if (table !== 'subscriptions') await page.click('.pf-v6-c-modal-box .pf-m-danger');
        await saved(page);
      }
      await go(page, 'cables');
      await page.locator('.k-head-actions button').nth(1).click();
      await page.waitForSelector('#import-file');
      expect(await violations(page)).to.deep.equal([]);
      expect(troubles).to.deep.equal([]);
    });
});
