import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../config/project-root.ts';
import { openWindow, signIn } from './browser.ts';
import { failToVerify, provide, startPortalSite } from './portal-site.ts';

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
] as const;

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
for (const { name, path, ready, language, theme } of SHOTS) {
  await using window = await openWindow(portal.browser, portal.origin, { language, theme });
  await signIn(window.page, portal.site.accounts[0], path.replace('RACK', first).replace('FAILED', failed));
  await window.page.waitForSelector(ready);
  await window.page.screenshot({ path: join(folder, `${name}.png`) });
}
