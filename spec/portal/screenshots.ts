import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../config/project-root.ts';
import { type Look, openWindow, signIn } from './browser.ts';
import { failToVerify, provide, startPortalSite } from './portal-site.ts';
import { bootLinux } from './screenshot-consoles.ts';
import { furnishServices } from './screenshot-services.ts';

/** `npm run portal:screenshots`: pictures of the portal for docs/portal, of the site that the specs run on. */
const folder = join(projectRoot, 'docs/portal');
const SHOTS = [
  { name: 'stages', path: '/portal/stages/inventory', ready: 'tbody tr', language: 'en', theme: 'light' },
  {
    name: 'stages-ja-dark',
    path: '/portal/stages/registration',
    ready: 'tbody tr',
    language: 'ja',
    theme: 'dark',
  },
  { name: 'server', path: '/portal/servers/RACK', ready: '.k-facts', language: 'en', theme: 'light' },
  {
    name: 'timeline',
    path: '/portal/servers/FAILED/timeline',
    ready: '.k-attempt',
    language: 'en',
    theme: 'light',
  },
  {
    name: 'timeline-ja-dark',
    path: '/portal/servers/FAILED/timeline',
    ready: '.k-attempt',
    language: 'ja',
    theme: 'dark',
  },
  {
    name: 'hardware',
    path: '/portal/servers/RACK/hardware',
    ready: '.k-ports',
    language: 'en',
    theme: 'light',
  },
  {
    name: 'attention',
    path: '/portal/attention',
    ready: '.k-trouble .k-cause',
    language: 'en',
    theme: 'light',
  },
  { name: 'racks', path: '/portal/racks', ready: '.k-unit', language: 'en', theme: 'light' },
  { name: 'racks-ja-dark', path: '/portal/racks', ready: '.k-unit', language: 'ja', theme: 'dark' },
  { name: 'new-order', path: '/portal/orders/new', ready: '.k-card', language: 'en', theme: 'light' },
  { name: 'order', path: '/portal/orders/ORDER', ready: '.k-bar', language: 'en', theme: 'light' },
  { name: 'order-ja-dark', path: '/portal/orders/ORDER', ready: '.k-bar', language: 'ja', theme: 'dark' },
  { name: 'schedules', path: '/portal/schedules', ready: '.k-month td a', language: 'en', theme: 'light' },
  {
    name: 'bmc-access',
    path: '/portal/servers/USED/access',
    ready: '#lease-role',
    language: 'en',
    theme: 'light',
  },
  { name: 'profiles', path: '/portal/admin/profiles', ready: '[data-row]', language: 'en', theme: 'light' },
  {
    name: 'profile',
    path: '/portal/admin/profiles',
    ready: '[data-row]',
    press: '[data-row] button',
    language: 'en',
    theme: 'light',
  },
  { name: 'isos', path: '/portal/isos', ready: '.k-iso-ready', language: 'en', theme: 'light' },
  {
    name: 'serial-console',
    path: '/portal/servers/QEMUSERIAL/console',
    ready: '[data-console=open]',
    boots: 'Run /init',
    language: 'en',
    theme: 'light',
  },
  {
    name: 'serial-console-ja-dark',
    path: '/portal/servers/QEMUSERIAL/console',
    ready: '[data-console=open]',
    boots: 'Run /init',
    language: 'ja',
    theme: 'dark',
  },
  {
    name: 'screen',
    path: '/portal/servers/QEMU/screen',
    ready: '[data-console=open]',
    language: 'en',
    theme: 'light',
  },
] as const satisfies (Look & { name: string; path: string; ready: string; press?: string; boots?: string })[];

await mkdir(folder, { recursive: true });
await using portal = await startPortalSite({ stock: 52 });
const [first = '', failed = ''] = portal.rack;
for (const uuid of portal.stock.slice(0, 40)) {
  await provide(portal.api, uuid, 'manage', 'manageable');
  await provide(portal.api, uuid, 'provide', 'available');
}
for (const uuid of portal.stock.slice(0, 14))
  await portal.api.request('PUT', `/v1/nodes/${uuid}/states/power`, { target: 'power on' });
await provide(portal.api, first, 'manage', 'manageable');
await failToVerify(portal, failed);
await using qemu = await bootLinux(portal);
const words: Record<string, string> = {
  ...{ RACK: first, FAILED: failed, QEMU: qemu.redfish, QEMUSERIAL: qemu.ipmi },
  ...(await furnishServices(portal)),
};
for (const { name, path, ready, language, theme, ...more } of SHOTS) {
  await using window = await openWindow(portal.browser, portal.origin, { language, theme });
  const { page } = window;
  await signIn(
    page,
    portal.site.accounts[0],
    path.replace(/[A-Z]+/, (word) => words[word] ?? word),
  );
  await page.waitForSelector(ready);
  if ('boots' in more) {
    // A serial port shows what is printed from when it was opened.
    qemu.server.machine.command('reset');
    await page.waitForSelector(`.xterm-rows:has-text("${more.boots}")`, { timeout: 60_000 });
  }
  if ('press' in more) {
    await page.click(more.press);
    await page.waitForSelector('#record-name');
  }
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
