import type { Look, Page } from './browser.ts';
import { violations } from './browser.ts';

/** Every look, each a press of one button away from the one before. */
const LOOKS: readonly Look[] = [
  { language: 'en', theme: 'light' },
  { language: 'en', theme: 'dark' },
  { language: 'ja', theme: 'dark' },
  { language: 'ja', theme: 'light' },
];

/** What WCAG 2.2 (1.4.10) has pages hold without being scrolled to the side. */
export const PHONE = { width: 320, height: 640 };

/** Turns the page to a look, by the buttons that people use; also when a dialog or a menu stands over them, and without closing it. */
async function turnTo(page: Page, { language, theme }: Look): Promise<void> {
  await page.evaluate(`(() => {
    const press = (button) => {
      // A menu that listens on the window would take it for a click beside it.
      document.addEventListener('click', (event) => event.stopImmediatePropagation(), { once: true });
      document.querySelector('.k-choices ' + button).click();
    };
    const { lang, classList } = document.documentElement;
    if (lang !== '${language}') press('button[lang]');
    if (classList.contains('pf-v6-theme-dark') !== ${theme === 'dark'}) press('button:not([lang])');
  })()`);
}

/** What axe-core finds in both languages and both themes, and on the screen of a phone; and what would have to be scrolled to the side there. The page stays as it is. */
export async function faultsInEveryLook(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const look of LOOKS) {
    await turnTo(page, look);
    found.push(...(await violations(page)).map((fault) => `${look.language} ${look.theme}: ${fault}`));
  }
  const wide = page.viewportSize();
  await page.setViewportSize(PHONE);
  found.push(...(await violations(page)).map((fault) => `phone: ${fault}`));
  for (const language of ['ja', 'en'] as const) {
    await turnTo(page, { language, theme: 'light' });
    found.push(...(await settled(page)).map((what) => `phone ${language}: wider than the window: ${what}`));
  }
  if (wide !== null) await page.setViewportSize(wide);
  return found;
}

/** The frame folds its menu some time after the window has become small. */
async function settled(page: Page): Promise<string[]> {
  for (let looks = 0; looks < 20; looks++) {
    if ((await tooWide(page)).length === 0) return [];
    await page.waitForTimeout(100);
  }
  return await tooWide(page);
}

/** What makes the page, or what stands for the page, wider than it is; at most the first few. */
async function tooWide(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(`(() => {
    const boxes = 'html, main, .pf-v6-c-page__main-container, .pf-v6-c-modal-box, .pf-v6-c-modal-box__body, .pf-v6-c-menu';
    return [...document.querySelectorAll(boxes)].filter((box) => box.scrollWidth > box.clientWidth + 1).flatMap((box) => {
      const { left } = box.getBoundingClientRect();
      const end = left + box.clientLeft + box.clientWidth;
      const named = (one) => one.localName + '.' + (one.getAttribute('class') ?? '').replaceAll(' ', '.');
      // What scrolls by itself is not in the way.
      const inner = [...box.querySelectorAll('*')].filter((one) => {
        const { right, width } = one.getBoundingClientRect();
        for (let over = one.parentElement; over !== box; over = over.parentElement)
          if (getComputedStyle(over).overflowX !== 'visible') return false;
        return width > 0 && right > end + 1;
      });
      return [named(box) + ' ' + box.scrollWidth + ' > ' + box.clientWidth + ': ' + inner.slice(0, 4).map(named).join(', ')];
    });
  })()`);
}
