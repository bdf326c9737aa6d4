import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../config/project-root.ts';
import { openWindow, type Page, signIn, WIDE, type Window } from './browser.ts';
import { faultsInEveryLook, PHONE } from './every-look.ts';
import { type FurnishedSite, startFurnishedSite } from './furnished-site.ts';
import { CUSTOMER_SCENES } from './scenes/customer.ts';
import { FRAME } from './scenes/frame.ts';
import { LISTS } from './scenes/lists.ts';
import type { Scene } from './scenes/scene.ts';
import { SERVERS } from './scenes/servers.ts';
import { SERVICES } from './scenes/services.ts';
import { UPKEEP } from './scenes/upkeep.ts';

const sources = join(projectRoot, 'portal/src');
const found = (file: string, pattern: RegExp): string[] =>
  [...readFileSync(join(sources, file), 'utf8').matchAll(pattern)].map(([, one = '']) => one);

/** Pages and parts of pages, as the portal has them. */
const PAGES = found('app/app.tsx', /^ +path: '([^']+)',$/gm);
const TABS = found('pages/server/server-page.tsx', /\bpath: '([^']+)',/g);
const DIALOGS = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.tsx'))
  .flatMap((file) => found(file, /\blabelId="([^"]+)"/g));

/** Pages that need no word in their path. */
const PLAIN_PAGES = PAGES.filter((path) => !path.includes(':'));

describe('the portal for everybody', function () {
  this.timeout(300_000);
  let portal: FurnishedSite;
  let operator: Window;
  let customer: Window;
  const seen = { paths: new Set<string>(), dialogs: new Set<string>() };

  before(async () => {
    portal = await startFurnishedSite();
    operator = await openWindow(portal.browser, portal.origin);
    customer = await openWindow(portal.browser, portal.origin);
    const [, alice] = portal.site.accounts;
    if (alice === undefined) throw new Error('There is no tenant.');
    await signIn(customer.page, alice, '/portal/racks');
  });
  after(async () => {
    await operator?.[Symbol.asyncDispose]();
    await customer?.[Symbol.asyncDispose]();
    await portal?.[Symbol.asyncDispose]();
  });

  const put = (text: string): string => text.replace(/[A-Z]{2,}/g, (word) => portal.words[word] ?? word);

  /** Another page without a load, and not the same one as it was. */
  async function go(page: Page, path: string): Promise<void> {
    const move = (to: string) =>
      page.evaluate(
        `history.pushState({}, '', ${JSON.stringify(to)}); dispatchEvent(new PopStateEvent('popstate'))`,
      );
    const nowhere = '.pf-v6-c-empty-state a[href="/portal"]';
    await move('/portal/nowhere');
    await page.waitForSelector(nowhere);
    await move(`/portal${path}`);
    seen.paths.add(path.replace(/[?].*/, ''));
  }

  /** What is wrong with what is seen now. */
  async function faults(page: Page): Promise<string[]> {
    const dialogs = page.locator('[role=dialog]');
    for (const one of await dialogs.all())
      seen.dialogs.add((await one.getAttribute('aria-labelledby')) ?? '');
    return await faultsInEveryLook(page);
  }

  async function play({ page, forgive, troubles }: Window, scene: Scene): Promise<void> {
    for (const [path, { status, body }] of Object.entries(scene.answers ?? {}))
      await page.route(path, (route) => route.fulfill({ status, json: body }));
    try {
      await go(page, put(scene.at));
      await page.waitForSelector(scene.ready);
      if (scene.phone === true) {
        await page.setViewportSize(PHONE);
        // It is folded some time after the window has become small.
        await page.waitForSelector('.pf-v6-c-page__sidebar.pf-m-collapsed', { state: 'attached' });
      }
      await scene.act?.(page);
      if (scene.seen !== undefined) await page.waitForSelector(scene.seen);
      expect((await faults(page)).join('\n')).to.equal('');
      if (scene.refused !== true) expect(troubles.join('\n')).to.equal('');
    } finally {
      await page.unrouteAll();
      await page.setViewportSize(WIDE);
      if (scene.leaves === true) await page.goto('/portal/racks');
      forgive();
    }
  }

  it('signing in, refused', async () => {
    const { page, forgive } = operator;
    await page.goto('/portal/');
    await page.fill('#username', 'operator');
    await page.fill('#password', 'wrong');
    await page.click('button[type=submit]');
    await page.waitForSelector('.pf-v6-c-alert');
    expect((await faults(page)).join('\n')).to.equal('');
    await page.selectOption('#method', 'application_credential');
    expect((await faults(page)).join('\n')).to.equal('');
    forgive();
    await signIn(page, portal.site.accounts[0], '/portal/racks');
  });

  /** What is wrong with a page of which nothing is known but its path. */
  async function faultsAt(page: Page, path: string): Promise<string[]> {
    await go(page, path);
    await page.waitForSelector('.pf-v6-c-empty-state a[href="/portal"]', { state: 'detached' });
    await page.waitForSelector('h1');
    await page.waitForSelector('.k-loading', { state: 'detached' });
    return (await faults(page)).map((fault) => `${path}: ${fault}`);
  }

  for (const path of PLAIN_PAGES)
    it(`page: ${path}`, async () => {
      expect((await faultsAt(operator.page, `/${path}`)).join('\n')).to.equal('');
      expect(operator.troubles.join('\n')).to.equal('');
    });

  it('all else that the menu leads to', async () => {
    const { page, troubles } = operator;
    const links = await page.$$eval('nav a[href^="/portal/"]', (all) =>
      all.map((one) => (one.getAttribute('href') ?? '').replace('/portal/', '')),
    );
    expect(links.length).to.be.above(20);
    const wrong: string[] = [];
    for (const path of new Set(links))
      if (!PLAIN_PAGES.includes(path)) wrong.push(...(await faultsAt(page, `/${path}`)));
    expect(wrong.join('\n')).to.equal('');
    expect(troubles.join('\n')).to.equal('');
  });

  for (const [kind, scenes] of Object.entries({ SERVERS, UPKEEP, LISTS, SERVICES, FRAME }))
    for (const scene of scenes) it(`${kind.toLowerCase()}: ${scene.what}`, () => play(operator, scene));

  for (const scene of CUSTOMER_SCENES) it(`customer: ${scene.what}`, () => play(customer, scene));

  it('has left out no page, no tab of a server, and no dialog', () => {
    const patterns = PAGES.map(
      (path) =>
        [path, new RegExp(`^/${path.replace(/\/:\w+\?$/, '(/[^/]+)?').replace(/:\w+/g, '[^/]+')}$`)] as const,
    );
    const paths = [...seen.paths];
    expect(
      patterns.filter(([, pattern]) => !paths.some((path) => pattern.test(path))).map(([path]) => path),
    ).to.deep.equal([]);
    expect(
      TABS.filter(
        (tab) =>
          !paths.some(
            (path) => path.startsWith('/servers/') && (path.endsWith(`/${tab}`) || tab === TABS[0]),
          ),
      ),
    ).to.deep.equal([]);
    expect(DIALOGS.filter((id) => !seen.dialogs.has(id))).to.deep.equal([]);
    expect([PAGES.length, TABS.length, DIALOGS.length].every((count) => count > 5)).to.equal(true);
  });
});
