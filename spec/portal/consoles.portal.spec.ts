import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { demoIso } from '../../bin/demo/iso.ts';
import { MachineConsole } from '../../rack/machine-console.ts';
import { eventually } from '../services/eventually.ts';
import { openWindow, type Page, signIn, type Window } from './browser.ts';
import { faultsInEveryLook } from './every-look.ts';
import { type PortalSite, provide, startPortalSite } from './portal-site.ts';
import { promptIso, type QemuInSite, startQemuInSite } from './qemu-in-site.ts';

const OPEN = '[data-console=open]';

describe("the portal's consoles", function () {
  this.timeout(60_000);
  let portal: PortalSite & AsyncDisposable;
  let qemu: QemuInSite;

  before(async () => {
    portal = await startPortalSite({ stock: 0 });
    qemu = await startQemuInSite(portal, 'qemu-82');
    await provide(portal.api, qemu.redfish, 'manage', 'manageable');
  });
  after(async () => {
    await qemu?.[Symbol.asyncDispose]();
    await portal?.[Symbol.asyncDispose]();
  });

  async function at(path: string, who = portal.site.accounts[0]): Promise<Window> {
    const window = await openWindow(portal.browser, portal.origin);
    await signIn(window.page, who, path);
    return window;
  }

  /** What stands in the terminal. */
  const shown = async (page: Page): Promise<string> =>
    ((await page.textContent('.xterm-rows')) ?? '').replaceAll('\u00a0', ' ');
  const shows = (page: Page, text: string | RegExp) =>
    eventually(async () => expect(await shown(page)).to.match(new RegExp(text)), 20_000);
  const prints = (text: string) =>
    eventually(async () => expect(await qemu.printed(), qemu.server.output()).to.contain(text), 30_000);
  /** How many of the screen's pixels are others than at the first look. */
  const otherPixels = (page: Page): Promise<number> =>
    page.evaluate<number>(`(() => {
      const canvas = document.querySelector('.k-screen canvas');
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
      window.kept ??= data;
      let count = 0;
      for (let at = 0; at < data.length; at += 4) if (data[at] !== window.kept[at]) count++;
      return count;
    })()`);

  it('S81 uploads an ISO image in parts, puts it into the drive of a machine in QEMU, and boots it from there', async () => {
    const content = await promptIso('Booted from the ISO.', 5 * 1024 * 1024);
    await using window = await at('/portal/isos');
    const { page, troubles } = window;
    await page.setInputFiles('#iso-file', {
      name: 'rescue.iso',
      mimeType: 'application/octet-stream',
      buffer: content,
    });
    const parts: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'PUT') parts.push(request.url());
    });
    await page.click('form[aria-label="Bring an image"] button[type=submit]');
    const sum = createHash('sha256').update(content).digest('hex');
    await page.waitForSelector(`.k-hash:text-is("${sum}")`);
    expect(parts.length).to.be.above(1);
    await page.waitForSelector('[data-row] .k-iso-ready');
    await page.goto(`/portal/servers/${qemu.redfish}/access`);
    await page.click('button:has-text("What is in it?")');
    await page.waitForSelector('[data-drive=empty]');
    await page.click('button:has-text("Insert an image")');
    await page.waitForSelector('#iso-choice');
    await page.check('#iso-boots');
    await page.click('button[form=iso-form]');
    await page.waitForSelector('.k-result-begun:has-text("Boots from it")');
    await prints('ISOLINUX');
    await prints('boot:');
    await page.click('.k-result-begun a');
    await page.waitForSelector(OPEN);
    await page.goto(`/portal/servers/${qemu.redfish}/access`);
    await page.click('button:has-text("What is in it?")');
    await page.waitForSelector('[data-drive=full]');
    expect(troubles).to.deep.equal([]);
  });

  it('goes on where an upload was stopped, and says so when the bytes are not those that were announced', async () => {
    const content = await promptIso('Another one.', 3 * 1024 * 1024);
    const file = { name: 'stopped.iso', mimeType: 'application/octet-stream', buffer: content };
    await using window = await at('/portal/isos');
    const { page, troubles } = window;
    const rest = /content\?offset=[1-9]/;
    await page.route(rest, () => {});
    await page.setInputFiles('#iso-file', file);
    await page.click('button:has-text("Upload")');
    await page.waitForSelector('#iso-progress:has-text("1 MiB")');
    await page.click('button:has-text("Stop")');
    await page.unroute(rest);
    await page.click('[aria-label="Go on with stopped.iso"]');
    await page.setInputFiles('#iso-file', { ...file, buffer: content.subarray(1) });
    await page.waitForSelector('text=This is another file');
    await page.setInputFiles('#iso-file', file);
    await page.click('form button:has-text("Go on")');
    await page.waitForSelector('[data-row]:has-text("stopped.iso") .k-iso-ready');
    expect(troubles).to.deep.equal([]);
    await page.setInputFiles('#iso-file', { ...file, name: 'wrong.iso' });
    await page.fill('#iso-sha256', '0'.repeat(64));
    await page.click('button:has-text("Upload")');
    await page.waitForSelector('.k-refusal:has-text("not the one given")');
    await page.waitForSelector('[data-row]:has-text("wrong.iso") .k-iso-refused');
    await page.click('[aria-label="Delete wrong.iso"]');
    await page.click('.pf-v6-c-modal-box .pf-m-danger');
    await page.waitForSelector('[data-row]:has-text("wrong.iso")', { state: 'detached' });
  });

  it('S81 puts an image into many drives at once, and says for each server what came of it', async () => {
    const without = portal.rack[2] ?? '';
    await provide(portal.api, without, 'manage', 'manageable');
    await using window = await at('/portal/stages/inventory');
    const { page } = window;
    for (const uuid of [qemu.redfish, without])
      await page.check(`[data-server="${uuid}"] input[type=checkbox]`);
    await page.click('.k-toolbar button:has-text("Actions")');
    await page.click('[role=menuitem]:has-text("Insert an ISO image")');
    await page.click('button[form=iso-form]');
    await page.waitForSelector('.k-result-begun:has-text("qemu-82"):has-text("Inserted")');
    await page.waitForSelector('.k-result-failed .k-result-why:has-text("ipmi does not support")');
  });

  it('S82 shows the serial port of a machine in QEMU, and types into it', async () => {
    await using window = await at(`/portal/servers/${qemu.ipmi}/console`);
    const { page, troubles } = window;
    await page.waitForSelector(OPEN);
    await page.keyboard.type('typed over serial');
    await shows(page, 'typed over serial');
    await prints('typed over serial');
    expect(troubles).to.deep.equal([]);
  });

  it('S82 shows the screen of a machine in QEMU; keys arrive, and the picture changes', async () => {
    await using window = await at(`/portal/servers/${qemu.redfish}/screen`);
    const { page, troubles } = window;
    await page.waitForSelector(OPEN);
    expect(await otherPixels(page)).to.equal(0);
    await page.keyboard.type('and on the screen');
    await prints('and on the screen');
    // More than a cursor that blinks.
    await eventually(async () => expect(await otherPixels(page)).to.be.above(300), 10_000);
    // Who only looks types nothing.
    await page.check('#screen-look');
    await page.focus('.k-screen');
    await page.keyboard.type('unseen');
    await page.uncheck('#screen-look');
    await page.focus('.k-screen');
    await page.keyboard.type('seen');
    await prints('and on the screenseen');
    await page.click('.k-console-bar .pf-v6-c-menu-toggle');
    await page.waitForSelector('.pf-v6-c-menu');
    expect(await faultsInEveryLook(page)).to.deep.equal([]);
    expect(troubles).to.deep.equal([]);
  });

  it('shows the screen of a server of the demo, which follows its power, its keys and its drive', async () => {
    const uuid = portal.rack[5] ?? '';
    const { machine } = portal.site.rack.servers[5] ?? {};
    if (machine === undefined) throw new Error('The rack is too small.');
    await using window = await at(`/portal/servers/${uuid}/screen`);
    const { page, troubles } = window;
    await page.waitForSelector(OPEN);
    const changes = async (act: () => Promise<unknown>) => {
      await page.evaluate('window.kept = undefined');
      await otherPixels(page);
      await act();
      await eventually(async () => expect(await otherPixels(page)).to.be.above(300), 10_000);
    };
    await changes(async () => machine.forcePower('on'));
    await machine.until(({ running }) => running.what === 'no bootable device', AbortSignal.timeout(20_000));
    await changes(() => page.keyboard.type('who\n'));
    const iso = await portal.api.request<{ uuid: string }>('POST', '/lifecycle/v1/isos', {
      ...{ name: 'demo.iso', size_bytes: demoIso(0).length },
    });
    await portal.api.request('PUT', `/lifecycle/v1/isos/${iso.uuid}/content?offset=0`, demoIso(0));
    await provide(portal.api, uuid, 'manage', 'manageable');
    await changes(async () => {
      for (const [action, body] of Object.entries({
        'iso-mount': { iso: iso.uuid },
        'boot-device': { boot_device: 'cdrom', persistent: false },
      }))
        await eventually(
          () => portal.api.request('POST', `/lifecycle/v1/servers/${uuid}/actions/${action}`, body),
          20_000,
        );
      await machine.until(
        ({ boot_override }) => boot_override?.device === 'cdrom',
        AbortSignal.timeout(20_000),
      );
    });
    await page.click('button:has-text("Ctrl+Alt+Del")');
    await machine.until(({ running }) => running.what === 'iso', AbortSignal.timeout(20_000));
    expect(troubles).to.deep.equal([]);
  });

  it('sends a break, leaves the keyboard by a key, and opens again after it was closed', async () => {
    const [server] = portal.site.rack.servers;
    const line = server?.bmc.serial;
    if (!(line instanceof MachineConsole)) throw new Error('The rack has no serial ports.');
    await using window = await at(`/portal/servers/${portal.rack[0]}/console`);
    const { page, troubles } = window;
    await shows(page, 'switched off');
    await page.keyboard.type('who\n');
    await shows(page, 'serial number');
    await page.click('button:has-text("Break")');
    await shows(page, 'break');
    expect(line.breaks).to.equal(1);
    await page.keyboard.press('Control+Shift+L');
    expect(await page.evaluate('document.activeElement.textContent')).to.equal('Disconnect');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-console=over]');
    await page.keyboard.press('Enter');
    await page.waitForSelector(OPEN);
    expect(troubles).to.deep.equal([]);
  });

  it('takes a new ticket by itself when the way to the gateway is lost', async () => {
    await using window = await at('/portal/racks');
    const { page, troubles } = window;
    const tickets: string[] = [];
    await page.routeWebSocket(/\/console\?ticket=/, (socket) => {
      tickets.push(socket.url());
      const gateway = socket.connectToServer();
      if (tickets.length === 1) gateway.onMessage(() => void socket.close({ code: 1001, reason: '' }));
    });
    await page.goto(`/portal/servers/${portal.rack[0]}/console`);
    await page.waitForSelector('[data-console=lost]');
    await page.waitForSelector(OPEN);
    expect(new Set(tickets).size).to.equal(2);
    expect(troubles).to.deep.equal([]);
  });

  it('says that it was closed while it was open, keeps what was printed, and opens again', async () => {
    const uuid = portal.rack[1] ?? '';
    await using window = await at(`/portal/servers/${uuid}/console`);
    const { page, troubles } = window;
    await shows(page, 'Type "help"');
    const path = `/lifecycle/v1/servers/${uuid}/consoles`;
    const { consoles } = await portal.api.request<{ consoles: { uuid: string }[] }>('GET', path);
    await portal.api.request('DELETE', `${path}/${consoles[0]?.uuid}`);
    await page.waitForSelector('.k-console-over:has-text("The console was closed")');
    expect(await shown(page)).to.contain('Type "help"');
    await page.click('.k-console-over button:has-text("Connect again")');
    await page.waitForSelector(OPEN);
    expect(troubles).to.deep.equal([]);
  });

  it('says why the BMC gives no screen, and leads to the serial port', async () => {
    await using window = await at(`/portal/servers/${portal.rack[0]}/screen`);
    const { page, troubles } = window;
    await page.waitForSelector('.k-console-over:has-text("The BMC does not give the screen")');
    await page.click('.k-console-over a:has-text("To the serial console")');
    await page.waitForSelector(OPEN);
    expect(troubles).to.deep.equal([]);
  });

  it('tells a tenant why the console cannot be opened', async () => {
    const [, alice] = portal.site.accounts;
    await using window = await at(`/portal/servers/${portal.rack[1]}/console`, alice);
    const { page, troubles } = window;
    await page.waitForSelector('text=not possible in the stage registration');
    expect(await page.locator('.k-console').count()).to.equal(0);
    expect(troubles).to.deep.equal([]);
  });
});
