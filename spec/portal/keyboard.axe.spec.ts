import { expect } from 'chai';
import { openWindow, type Page, signIn, type Window } from './browser.ts';
import { type PortalSite, provide, startPortalSite } from './portal-site.ts';

/** Whatever has the focus: what it is, what it is called, and whether that is to be seen. */
interface Focused {
  tag: string;
  name: string;
  /** It has an outline, or a ring, that it lacks without the focus, and is in sight. */
  shown: boolean;
}

const MOST_STEPS = 120;

describe('the portal by keyboard', function () {
  this.timeout(60_000);
  let portal: PortalSite & AsyncDisposable;

  before(async () => {
    portal = await startPortalSite({ stock: 2 });
    for (const uuid of portal.stock) await provide(portal.api, uuid, 'manage', 'manageable');
  });
  after(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  async function operatorAt(path: string): Promise<Window> {
    const window = await openWindow(portal.browser, portal.origin);
    await signIn(window.page, portal.site.accounts[0], path);
    return window;
  }

  const focused = (page: Page): Promise<Focused> =>
    page.evaluate<Focused>(`(() => {
      const one = document.activeElement;
      const look = () => {
        const faces = [one, one.parentElement, one.closest('.pf-v6-c-form-control, .pf-v6-c-text-input-group, .k-card, td, th, label')];
        return faces.filter((face) => face !== null).map((face) => ['', '::before', '::after'].map((part) => {
          const { outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, borderWidth, backgroundColor, textDecorationLine } = getComputedStyle(face, part);
          return [outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, borderWidth, backgroundColor, textDecorationLine].join();
        }).join()).join();
      };
      const { left, top, right, bottom } = one.getBoundingClientRect();
      const inside = right > 0 && bottom > 0 && left < innerWidth && top < innerHeight;
      const on = look();
      const scrolls = [scrollX, scrollY];
      one.blur();
      const off = look();
      one.focus({ preventScroll: true });
      return {
        tag: one.localName,
        name: (one.ariaLabel ?? one.labels?.[0]?.textContent ?? one.textContent ?? '').trim(),
        shown: inside && on !== off,
      };
    })()`);

  /** Presses a key until what has the focus is called so. What is passed on the way must be seen to have it. */
  async function moveTo(page: Page, name: string | RegExp, key = 'Tab'): Promise<void> {
    const passed: string[] = [];
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      await page.keyboard.press(key);
      const now = await focused(page);
      passed.push(now.name);
      expect(now, `${now.tag} ${now.name}`).to.include({ shown: true });
      if (typeof name === 'string' ? now.name === name : name.test(now.name)) return;
    }
    throw new Error(`${key} does not lead to ${name}, but to ${passed.join(' | ')}.`);
  }

  it('signs in, skips to the content, finds a server, and powers it on', async () => {
    await using window = await openWindow(portal.browser, portal.origin);
    const { page, troubles } = window;
    const [{ name, password }] = portal.site.accounts;
    await page.goto('/portal/stages/inventory');
    await page.waitForSelector('#username');
    await moveTo(page, /^User name/);
    await page.keyboard.type(name);
    await moveTo(page, /^Password/);
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.waitForSelector('tbody tr >> nth=1');
    await page.evaluate('document.activeElement.blur()');
    await moveTo(page, 'Skip to content');
    await page.keyboard.press('Enter');
    await moveTo(page, 'Search servers');
    await page.keyboard.type('stock-9');
    await page.waitForSelector('tbody tr >> nth=1', { state: 'detached' });
    await moveTo(page, 'Actions for stock-9');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=menuitem]:has-text("Power on")');
    await moveTo(page, /^Power on/, 'ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=dialog]');
    await eventuallyInside(page);
    await moveTo(page, 'Do it');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.k-result-begun');
    await eventuallyInside(page);
    await page.keyboard.press('Escape');
    await page.waitForSelector('[role=dialog]', { state: 'detached' });
    await page.waitForSelector('[aria-label="Actions for stock-9"]:focus');
    expect(troubles).to.deep.equal([]);
  });

  it('closes a menu and a dialog by Escape, and is where it was', async () => {
    await using window = await operatorAt('/portal/admin/pools');
    const { page, troubles } = window;
    await page.focus('.k-head-actions button');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#record-name');
    await eventuallyInside(page);
    // Round and round inside.
    for (let steps = 0; steps < 20; steps++) await page.keyboard.press('Tab');
    await eventuallyInside(page);
    await page.keyboard.press('Escape');
    await page.waitForSelector('[role=dialog]', { state: 'detached' });
    await page.waitForSelector('.k-head-actions button:focus');
    await page.focus('.k-masthead .pf-v6-c-menu-toggle');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=menuitem]');
    await page.keyboard.press('Escape');
    await page.waitForSelector('[role=menuitem]', { state: 'detached' });
    await page.waitForSelector('.k-masthead .pf-v6-c-menu-toggle:focus');
    expect(troubles).to.deep.equal([]);
  });

  it('sorts a table, chooses rows, and opens a server from its rack', async () => {
    await using window = await operatorAt('/portal/stages/inventory');
    const { page, troubles } = window;
    await page.waitForSelector('tbody tr');
    await page.focus('.k-search input');
    await moveTo(page, 'Name');
    await page.keyboard.press('Enter');
    await page.waitForSelector('th.k-column-name[aria-sort=ascending]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('th.k-column-name[aria-sort=descending]');
    await moveTo(page, 'Select stock-9');
    await page.keyboard.press('Space');
    await page.waitForSelector('.k-toolbar button:has-text("Actions")');
    await page.goto('/portal/racks');
    await page.waitForSelector('.k-unit');
    await page.focus('.k-search input');
    await moveTo(page, /stock-9/);
    await page.locator('.k-cause-tip', { hasText: 'stock-9' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.k-server-head >> text=stock-9');
    expect(troubles).to.deep.equal([]);
  });

  /** A dialog takes the focus as soon as it is there. */
  async function eventuallyInside(page: Page): Promise<void> {
    await page.waitForSelector('[role=dialog]:focus-within, [role=dialog]:focus');
  }
});
