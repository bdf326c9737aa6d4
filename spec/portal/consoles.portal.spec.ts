import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { MachineConsole } from '../../rack/machine-console.ts';
import { eventually } from '../services/eventually.ts';
import { BOTH_LOOKS, type Look, openWindow, type Page, signIn, violations, type Window } from './browser.ts';
import { type PortalSite, startPortalSite } from './portal-site.ts';
import { promptIso, type QemuInSite, startQemuInSite } from './qemu-in-site.ts';

const OPEN = '[data-console=open]';

describe("the portal's consoles", function () {
  this.timeout(60_000);
  let portal: PortalSite & AsyncDisposable;
  let qemu: QemuInSite;
  let files: Server;

  before(async () => {
    portal = await startPortalSite({ stock: 0 });
    qemu = await startQemuInSite(portal, 'qemu-82');
    const iso = await promptIso('', 0);
    files = createServer((_request, response) => response.end(iso));
    await once(files.listen(0, '127.0.0.1'), 'listening');
    qemu.server.machine.setMedium(`http://127.0.0.1:${(files.address() as AddressInfo).port}/prompt.iso`);
    qemu.server.powerOn();
  });
  after(async () => {
    files?.close();
    await qemu?.[Symbol.asyncDispose]();
    await portal?.[Symbol.asyncDispose]();
  });

  async function at(path: string, who = portal.site.accounts[0], look?: Look): Promise<Window> {
    const window = await openWindow(portal.browser, portal.origin, look);
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

  it('S82 shows the serial port of a machine in QEMU, and types into it', async () => {
    await prints('boot:');
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

  for (const look of BOTH_LOOKS)
    it(`have no fault that axe-core finds: ${look.language}, ${look.theme}`, async () => {
      await using window = await at(`/portal/servers/${qemu.ipmi}/console`, portal.site.accounts[0], look);
      const { page, troubles } = window;
      for (const [path, there] of [
        [`${qemu.ipmi}/console`, OPEN],
        [`${qemu.redfish}/screen`, OPEN],
        [`${qemu.ipmi}/screen`, '.k-console-over'],
      ] as const) {
        await page.goto(`/portal/servers/${path}`);
        await page.waitForSelector(there);
        expect(await violations(page), path).to.deep.equal([]);
      }
      expect(troubles).to.deep.equal([]);
    });
});
