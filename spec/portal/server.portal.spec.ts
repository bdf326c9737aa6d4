import { expect } from 'chai';
import { logIn } from '../../bin/demo/public-api.ts';
import { eventually } from '../services/eventually.ts';
import { BOTH_LOOKS, type Look, openWindow, picture, signIn, violations, type Window } from './browser.ts';
import { type PortalSite, provide, startPortalSite } from './portal-site.ts';

describe('the page of a server', function () {
  this.timeout(60_000);
  let portal: PortalSite & AsyncDisposable;
  /** Alice's, in service; and one in stock. */
  let rented: string;
  let stocked: string;

  before(async () => {
    portal = await startPortalSite({ stock: 2 });
    [rented = '', stocked = ''] = portal.stock;
    await patch(rented, [
      { op: 'add', path: '/lessee', value: 'team-a' },
      // Slow enough to be watched.
      { op: 'add', path: '/driver_info/fake_bios_delay', value: '0.4' },
    ]);
    await Promise.all([
      provide(portal.api, rented, 'manage', 'manageable')
        .then(() => provide(portal.api, rented, 'provide', 'available'))
        .then(() => provide(portal.api, rented, 'active', 'active')),
      provide(portal.api, stocked, 'manage', 'manageable'),
    ]);
  });
  after(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  const patch = (uuid: string, changes: object[]): Promise<unknown> =>
    portal.api.request('PATCH', `/v1/nodes/${uuid}`, changes);
  const read = <T>(path: string): Promise<T> => portal.api.request<T>('GET', path);

  async function at(path: string, who = portal.site.accounts[0], look?: Look): Promise<Window> {
    const window = await openWindow(portal.browser, portal.origin, look);
    await signIn(window.page, who, `/portal/servers/${path}`);
    return window;
  }

  it('S75 shows a BIOS change of a tenant while it is made, and the value that came of it', async () => {
    await using window = await at(`${rented}/settings`, portal.site.accounts[1]);
    const { page, troubles } = window;
    // Not in service: the reason, and the way there.
    await page.click('.k-tool-button button:has-text("Move to maintenance first") >> nth=0');
    await page.click('button[form=tool-form]');
    await page.click('.pf-v6-c-modal-box__footer button:has-text("Close")');
    await page.click('button:has-text("Change settings")');
    await page.selectOption('#bios-ProcHyperthreading', 'Disabled');
    expect(await page.locator('#bios-SerialNumber').count()).to.equal(0);
    await page.click('button[form=form-dialog]');
    const change = page.locator('.k-pending tr:has-text("ProcHyperthreading")');
    await change.locator('.k-outcome-working').waitFor();
    expect(await change.innerText()).to.match(/Enabled\s+Disabled/);
    await page.waitForSelector('.k-becomes-running');
    await picture(page, 's75-pending');
    await page.waitForSelector('.k-pending', { state: 'detached' });
    await page.waitForSelector(
      'table[aria-label="BIOS settings"] tr:has-text("ProcHyperthreading"):has-text("Disabled")',
    );
    expect(troubles).to.deep.equal([]);
  });

  it('shows a change that failed with its cause, until it is tried again', async () => {
    await eventually(async () => {
      const { provision_state, reservation } = await read<Record<string, string>>(`/v1/nodes/${rented}`);
      expect([provision_state, reservation]).to.deep.equal(['active', null]);
    });
    await patch(rented, [{ op: 'add', path: '/driver_info/fake_bios_failure', value: 'rejected' }]);
    const [, alice] = portal.site.accounts;
    if (alice === undefined) throw new Error('The site has no tenant.');
    const tenant = await logIn(`${portal.origin}/identity/v3`, alice);
    await tenant.request('POST', `/lifecycle/v1/servers/${rented}/actions/bios-settings`, {
      settings: { ProcCores: '8' },
    });
    await using window = await at(`${rented}/settings`, alice);
    const { page, troubles } = window;
    const change = page.locator('.k-pending tr:has-text("ProcCores")');
    await change.locator('.k-outcome-failed').waitFor();
    expect(await change.innerText()).to.contain('fake_bios_failure says rejected');
    await patch(rented, [{ op: 'remove', path: '/driver_info/fake_bios_failure' }]);
    expect(troubles).to.deep.equal([]);
  });

  it('shows what a schedule will change, and when', async () => {
    await portal.api.request('POST', '/lifecycle/v1/schedules', {
      ...{ servers: [stocked], tool: 'firmware-update', start_at: '2199-01-01T02:00+09:00' },
      args: { updates: [{ component: 'bmc', url: 'http://images.example/bmc-2.1.bin' }] },
    });
    await using window = await at(`${stocked}/settings`);
    const { page, troubles } = window;
    const change = page.locator('.k-pending tr:has-text("bmc-2.1.bin")');
    await change.locator('.k-outcome-waiting').waitFor();
    expect(await change.innerText()).to.contain('1.0.0');
    await change.locator('a').click();
    await page.waitForSelector('.k-head:has-text("Update firmware")');
    expect(troubles).to.deep.equal([]);
  });

  it('tells in which states a server was, and for how long', async () => {
    await using window = await at(`${rented}/history`);
    const { page, troubles } = window;
    await page.waitForSelector('td[data-label="State"]:has-text("deploying")');
    expect(await page.locator('[data-row]').first().innerText()).to.match(/service failed/);
    expect(troubles).to.deep.equal([]);
  });

  it('installs a profile on a server in stock', async () => {
    const profile = { name: 'empty' };
    await portal.api.request('POST', '/lifecycle/v1/profiles', profile);
    const [, , , , server = ''] = portal.rack;
    await provide(portal.api, server, 'manage', 'manageable');
    await provide(portal.api, server, 'provide', 'available');
    await using window = await at(server);
    const { page, troubles } = window;
    await page.click('button:has-text("Install a profile")');
    await page.selectOption('#deploy-profile', { label: profile.name });
    await page.click('button[form=form-dialog]');
    // It names nothing to deploy: the service's words, and the form stays.
    await page.waitForSelector('.pf-v6-c-modal-box .k-refusal:has-text("names nothing to deploy")');
    troubles.splice(0);
    await page.click('.pf-v6-c-modal-box__footer button:has-text("Cancel")');
    expect(troubles).to.deep.equal([]);
  });

  it('S94 takes a baseline, tells what differs from it, and forgets it', async () => {
    await using window = await at(`${stocked}/upkeep`);
    const { page, troubles } = window;
    await page.click('button:has-text("Take a baseline")');
    await page.click('button[form=form-dialog]');
    await page.waitForSelector('.k-summary:has-text("BIOS settings")');
    await page.click('button:has-text("Compare now")');
    await page.waitForSelector('text=Nothing differs.');
    await portal.api.request('PUT', `/v1/nodes/${stocked}/states/provision`, {
      target: 'clean',
      clean_steps: [
        {
          interface: 'bios',
          step: 'apply_configuration',
          args: { settings: [{ name: 'ProcCores', value: '2' }] },
        },
      ],
    });
    await eventually(async () => {
      const node = await read<{ provision_state: string; reservation: null }>(`/v1/nodes/${stocked}`);
      expect([node.provision_state, node.reservation]).to.deep.equal(['manageable', null]);
    });
    await page.click('button:has-text("Compare now")');
    await page.waitForSelector('tr:has-text("bios ProcCores"):has-text("2")');
    await page.click('button:has-text("Forget it")');
    await page.click('button[form=form-dialog]');
    await page.waitForSelector('text=There is none');
    expect(troubles).to.deep.equal([]);
  });

  it('S94 puts a server into quarantine with a reason, and releases it', async () => {
    await using window = await at(`${stocked}/upkeep`);
    const { page, troubles } = window;
    await page.click('button:has-text("Put into quarantine")');
    await page.fill('#quarantine-reason', 'smells burnt');
    await page.click('button[form=form-dialog]');
    await page.waitForSelector('.k-summary:has-text("smells burnt")');
    await page.click('button:has-text("Release")');
    await page.fill('#quarantine-reason', 'fan replaced');
    await page.click('button[form=form-dialog]');
    await page.waitForSelector('text=It is not in quarantine.');
    expect(troubles).to.deep.equal([]);
  });

  it('tells who holds a server, and takes it away from work that does not end', async () => {
    await patch(stocked, [{ op: 'add', path: '/driver_info/fake_power_delay', value: '25' }]);
    await portal.api.request('PUT', `/v1/nodes/${stocked}/states/power`, { target: 'power on' });
    await using window = await at(`${stocked}/upkeep`);
    const { page, troubles } = window;
    await page.waitForSelector('.k-summary:has-text("Power (Running)")');
    await page.click('button:has-text("Break the reservation")');
    await page.click('button[form=form-dialog]');
    await page.waitForSelector('text=Nobody: it is free.', { timeout: 40_000 });
    await patch(stocked, [{ op: 'remove', path: '/driver_info/fake_power_delay' }]);
    expect(troubles).to.deep.equal([]);
  });

  it('lets the customer agree to the dates of a repair', async () => {
    await portal.api.request('POST', '/lifecycle/v1/work-orders', {
      ...{ kind: 'swap', server_uuid: rented, what: 'exchange fan 3', hot: true },
      ...{ proposed_from: '2199-01-01T01:00Z', proposed_until: '2199-01-01T03:00Z' },
    });
    await using window = await at(`${rented}/upkeep`, portal.site.accounts[1]);
    const { page, troubles } = window;
    await page.click('[aria-label="Agree to the dates of: exchange fan 3"]');
    await page.click('button[form=form-dialog]');
    await page.waitForSelector('tr:has-text("exchange fan 3") .k-outcome-active');
    expect(await page.locator('h2:has-text("Quarantine"), h2:has-text("Disposal")').count()).to.equal(0);
    expect(troubles).to.deep.equal([]);
  });

  for (const look of BOTH_LOOKS)
    it(`has no fault that axe-core finds: ${look.language}, ${look.theme}`, async () => {
      await using window = await at(`${stocked}/settings`, portal.site.accounts[0], look);
      const { page, troubles } = window;
      await page.waitForSelector('.k-pending');
      expect(await violations(page)).to.deep.equal([]);
      await page.goto(`/portal/servers/${stocked}/upkeep`);
      await page.waitForSelector('.k-upkeep section >> nth=4');
      expect(await violations(page)).to.deep.equal([]);
      await page.click('.k-upkeep .pf-m-danger:not(.pf-m-link)');
      await page.waitForSelector('#disposal-method');
      expect(await violations(page)).to.deep.equal([]);
      expect(troubles).to.deep.equal([]);
    });

  it('S110 disposes of a server after its number was typed, and keeps the record', async () => {
    const { serial_number } = await read<{ serial_number: string }>(`/lifecycle/v1/servers/${stocked}`);
    await using window = await at(`${stocked}/upkeep`);
    const { page, troubles } = window;
    await page.click('button:has-text("Dispose of the server")');
    await page.fill('#disposal-method', 'recycled');
    expect(await page.locator('button[form=form-dialog]').isDisabled()).to.equal(true);
    await page.fill('#confirm', serial_number);
    await page.click('button[form=form-dialog]');
    await eventually(async () => {
      const gone = await read<{ stage: string; disposal: object }>(`/lifecycle/v1/servers/${stocked}`);
      expect(gone.stage).to.equal('disposed');
      expect(gone.disposal).to.include({ method: 'recycled' });
    });
    expect(troubles).to.deep.equal([]);
  });
});
