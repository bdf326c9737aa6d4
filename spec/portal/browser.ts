import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

export type { Browser, Page };

/** A browser as Debian has it: nothing is downloaded. */
export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--disable-gpu'] });
}

export interface Look {
  language: 'en' | 'ja';
  theme: 'light' | 'dark';
}

/** Both languages and both themes, in two looks. */
export const BOTH_LOOKS: readonly Look[] = [
  { language: 'en', theme: 'light' },
  { language: 'ja', theme: 'dark' },
];

export const WIDE = { width: 1600, height: 900 };

/** A window of its own: its own cookies, and everything that goes wrong in it. */
export interface Window extends AsyncDisposable {
  page: Page;
  /** Console errors, failed requests and answers, requests to other hosts: must stay empty. */
  troubles: string[];
  /** Until now they were meant to be: a dropped connection, a refusal. */
  forgive(): void;
}

export async function openWindow(
  browser: Browser,
  origin: string,
  { language, theme }: Look = { language: 'en', theme: 'light' },
): Promise<Window> {
  const context: BrowserContext = await browser.newContext({
    baseURL: origin,
    locale: language === 'ja' ? 'ja-JP' : 'en-GB',
    colorScheme: theme,
    viewport: WIDE,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const troubles: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      troubles.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:'))
      troubles.push(`elsewhere: ${request.url()}`);
  });
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    // Requests that nobody waits for any more: another page, another search.
    if (why !== 'net::ERR_ABORTED') troubles.push(`failed: ${request.method()} ${request.url()} ${why}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400)
      troubles.push(`answer: ${response.status()} ${response.request().method()} ${response.url()}`);
  });
  return {
    page,
    troubles,
    forgive: () => void troubles.splice(0),
    [Symbol.asyncDispose]: () => context.close(),
  };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe-core finds on the page: rule and place, one a line. */
export async function violations(page: Page): Promise<string[]> {
  // Colours on their way from one theme to the other are nobody's choice. What turns for ever is not waited for.
  const known = await page.evaluate<boolean>(`Promise.allSettled(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime !== Infinity).map((one) => one.finished))
    .then(() => 'axe' in window)`);
  // Through the debugger: the page's Content-Security-Policy lets no script in.
  if (!known) await page.evaluate(AXE);
  return await page.evaluate<string[]>(
    `axe.run(document, { runOnly: ${JSON.stringify(TAGS)}, resultTypes: ['violations'], preload: ${!known} }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
        id + ': ' + target.join(' ') + ' ' + failureSummary.replaceAll('\\n', ' '))))`,
  );
}

/** Signs in as somebody, and waits until the list is there and live. */
export async function signIn(
  page: Page,
  account: { name: string; password: string },
  path = '/portal/',
): Promise<void> {
  await page.goto(path);
  await page.fill('#username', account.name);
  await page.fill('#password', account.password);
  await page.click('button[type=submit]');
  await page.waitForSelector('.k-live-live');
}

/** For `npm run portal:screenshots`: where pictures are put. */
const PICTURES = process.env.KUROGANE_PORTAL_PICTURES;

/** Takes a picture of the page, when pictures are wanted. */
export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await page.evaluate('document.fonts.ready.then(() => undefined)');
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}
