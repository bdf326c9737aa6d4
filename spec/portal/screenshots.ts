import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../config/project-root.ts';
import { openWindow, signIn } from './browser.ts';
import { provide, startPortalSite } from './portal-site.ts';

/** `npm run portal:screenshots`: pictures of the portal for docs/portal, of the site that the specs run on. */
const folder = join(projectRoot, 'docs/portal');
const SHOTS = [
  { name: 'stages', path: '/portal/stages/inventory', language: 'en', theme: 'light' },
  { name: 'stages-ja-dark', path: '/portal/stages/registration', language: 'ja', theme: 'dark' },
] as const;

await mkdir(folder, { recursive: true });
await using portal = await startPortalSite({ stock: 12 });
for (const uuid of portal.stock.slice(0, 9)) {
  await provide(portal.api, uuid, 'manage', 'manageable');
  await provide(portal.api, uuid, 'provide', 'available');
}
for (const { name, path, language, theme } of SHOTS) {
  await using window = await openWindow(portal.browser, portal.origin, { language, theme });
  await signIn(window.page, portal.site.accounts[0], path);
  await window.page.waitForSelector('tbody tr');
  await window.page.screenshot({ path: join(folder, `${name}.png`) });
}
