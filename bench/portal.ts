import { openStore } from '../db/open-store.ts';
import { newKeyLine, parseKeyRing } from '../db/secrets.ts';
import { openWindow, type Page, startBrowser } from '../spec/portal/browser.ts';
import { startBenchService } from './api-service.ts';
import { fill } from './lifecycle.ts';
import { type BenchOptions, type BenchRow, report } from './report.ts';

/**
 * The portal's list over ten thousand servers on MariaDB, in Chromium: from the click, or the last key, until what came is painted.
 * The goal: 300 ms at p95.
 */

const TIMES = 60;
const WARM_UPS = 5;
const GOAL_MS = 300;

/** What is done to the list, in the page; `n` counts the times. */
const ACTIONS: Readonly<Record<string, string>> = {
  'list of another stage': `document.querySelectorAll('a.k-tab')[n % 2 === 0 ? 1 : 3].click()`,
  'another order': `document.querySelectorAll('thead th button')[n % 4].click()`,
  'the next page': `document.querySelector('.k-pager button:last-of-type').click()`,
  'a filter on and off': `document.querySelector('#attention').click()`,
  'search by a serial number': `type('SN' + (n % 2 === 0 ? 4000 + n : 7000 + n))`,
};

/** An action that left everything as it was, such as an order that the list had already, has no answer to wait for. */
const PATIENCE_MS = 3000;

/** Resolves with the milliseconds until what was asked for was painted; null: nothing was asked, or nothing came. */
const measured = (action: string, n: number): string => `new Promise((resolve) => {
  const n = ${n};
  const type = (text) => {
    const input = document.querySelector('.k-search input');
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, text);
    input.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const first = () => document.querySelector('tbody tr')?.dataset.server;
  const before = first();
  const busy = () => document.querySelector('.k-table-box[aria-busy=true]') !== null;
  const began = performance.now();
  let asked = false;
  ${action};
  const look = () => {
    asked ||= busy() || first() !== before;
    if (performance.now() - began > ${PATIENCE_MS}) resolve(null);
    else if (!asked || busy()) requestAnimationFrame(look);
    else requestAnimationFrame(() => resolve(performance.now() - began));
  };
  requestAnimationFrame(look);
})`;

export async function run(options: BenchOptions): Promise<void> {
  await using service = await startBenchService();
  await using store = await openStore({
    connection: service.database_url,
    keys: parseKeyRing(newKeyLine()),
  });
  await fill(store);
  const browser = await startBrowser();
  try {
    await using window = await openWindow(browser, service.api_url);
    const { page } = window;
    await withToken(page, service.token);
    const rows: BenchRow[] = [];
    for (const [measure, action] of Object.entries(ACTIONS)) {
      await page.goto('/portal/stages/inventory');
      await page.waitForSelector('tbody tr');
      const times: number[] = [];
      for (let n = 0; n < TIMES + WARM_UPS; n++) {
        const ms = await page.evaluate<number | null>(measured(action, n));
        if (n >= WARM_UPS && ms !== null) times.push(ms);
      }
      if (times.length < TIMES / 2)
        throw new Error(`${measure}: only ${times.length} of ${TIMES} were painted.`);
      times.sort((one, other) => one - other);
      const value = times[Math.ceil(times.length * 0.95) - 1] ?? Number.NaN;
      rows.push({
        ...{ measure: `${measure}, p95 until painted`, value, unit: 'ms', peer: 'goal', peer_value: GOAL_MS },
        ratio: GOAL_MS / value,
      });
    }
    await report('portal', rows, options);
  } finally {
    await browser.close();
  }
}

/** The bench's Keystone knows one token and no passwords: the page is told that somebody is signed in. */
async function withToken(page: Page, token: string): Promise<void> {
  await page.setExtraHTTPHeaders({ 'x-auth-token': token });
  const session = {
    user: 'operator',
    project: null,
    system: true,
    roles: ['admin'],
    expires_at: '2099-01-01',
  };
  await page.route('**/portal/session', (route) => route.fulfill({ json: { session } }));
}
