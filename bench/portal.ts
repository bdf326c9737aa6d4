import { openStore } from '../db/open-store.ts';
import { newKeyLine, parseKeyRing } from '../db/secrets.ts';
import { openWindow, type Page, startBrowser } from '../spec/portal/browser.ts';
import { type BenchService, startBenchService } from './api-service.ts';
import { fill } from './lifecycle.ts';
import { type BenchOptions, type BenchRow, report } from './report.ts';

/**
 * The portal's list over ten thousand servers on MariaDB, in Chromium: from the click, or the last key, until what came is painted.
 * The goal: 300 ms at p95. And how long it takes until a server that is new stands in a list that is open: 2 s.
 */

const TIMES = 42;
const GOAL_MS = 300;
const COMES = 12;
const COMES_GOAL_MS = 2000;
const PATIENCE_MS = 10_000;

interface Measure {
  name: string;
  path: string;
  /** So often the page has not yet seen what it asks for; then it is opened anew, so that nothing comes from its own cache. */
  fresh: number;
  /** Done before, and not measured. */
  prepare?: (page: Page, n: number) => Promise<unknown>;
  /** What is done, in the page. */
  act: (n: number) => string;
}

const type = (text: string): string => `(() => {
  const input = document.querySelector('.k-search input');
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, ${JSON.stringify(text)});
  input.dispatchEvent(new Event('input', { bubbles: true }));
})()`;

const MEASURES: readonly Measure[] = [
  {
    ...{ name: 'the list of another stage', path: '/portal/stages/disposed', fresh: 6 },
    act: (n) => `document.querySelectorAll('a.k-tab')[${n}].click()`,
  },
  {
    ...{ name: 'another order', path: '/portal/stages/registration', fresh: 14 },
    act: (n) => `document.querySelectorAll('thead th button')[${n}].click()`,
  },
  {
    ...{ name: 'the next page', path: '/portal/stages/registration', fresh: 14 },
    act: () => "document.querySelector('.k-pager button:last-of-type').click()",
  },
  {
    ...{ name: 'a filter by vendor', path: '/portal/stages/registration', fresh: 3 },
    prepare: async (page, n) => {
      await page.selectOption('.k-toolbar form select', 'vendor');
      await page.fill('.k-toolbar form input', `vendor-${n}`);
    },
    act: () => "document.querySelector('.k-toolbar form').requestSubmit()",
  },
  {
    ...{ name: 'search by a serial number', path: '/portal/stages/registration', fresh: 14 },
    act: (n) => type(`SN${4000 + n * 27}`),
  },
  {
    ...{ name: 'search by a part of a name', path: '/portal/stages/registration', fresh: 14 },
    act: (n) => type(`server-${10 + n}`),
  },
];

/** In the page: counts how many lists of servers are on their way, and says that somebody is signed in. */
const COUNT = `(() => {
  const ask = window.fetch;
  const session = ${JSON.stringify({
    user: 'operator',
    project: null,
    system: true,
    roles: ['admin'],
    expires_at: '2099-01-01',
  })};
  window.lists = { asked: 0, open: 0, answered: 0 };
  window.fetch = async (...args) => {
    if (String(args[0]) === '/portal/session') return Response.json({ session });
    if (!String(args[0]).startsWith('/lifecycle/v1/servers?')) return ask(...args);
    window.lists.asked++;
    window.lists.open++;
    return ask(...args).finally(() => {
      window.lists.open--;
      window.lists.answered = performance.now();
    });
  };
})()`;

/** What one action took, milliseconds: until its answer began, and until it was painted. */
interface Took {
  answered: number;
  painted: number;
}

/** Resolves with a Took; null: nothing was asked, or nothing came. */
const measured = (act: string): string => `new Promise((resolve) => {
  const before = window.lists.asked;
  const waits = () => window.lists.asked === before || window.lists.open > 0
    || document.querySelector('.k-loading, .k-table-box[aria-busy=true]') !== null;
  const began = performance.now();
  ${act};
  const look = () => {
    if (performance.now() - began > ${PATIENCE_MS}) resolve(null);
    else if (waits()) requestAnimationFrame(look);
    // The frame in which it was drawn ends before the next one begins.
    else requestAnimationFrame(() =>
      resolve({ answered: window.lists.answered - began, painted: performance.now() - began }));
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
    // The bench's Keystone knows one token and no passwords.
    await page.setExtraHTTPHeaders({ 'x-auth-token': service.token });
    await page.addInitScript(COUNT);
    const rows: BenchRow[] = [];
    for (const measure of MEASURES) {
      const took = await timesOf(page, measure);
      const answered = took.map((one) => one.answered);
      const painted = took.map((one) => one.painted);
      rows.push({ ...rowOf(`${measure.name}, p50 until answered`, answered, 0.5, 0), ...NO_PEER });
      rows.push({ ...rowOf(`${measure.name}, p50 until painted`, painted, 0.5, 0), ...NO_PEER });
      rows.push(rowOf(`${measure.name}, p95 until painted`, painted, 0.95, GOAL_MS));
    }
    const comes = await comesAfter(page, service);
    for (const [name, part] of [['p50', 0.5] as const, ['p95', 0.95] as const])
      rows.push(rowOf(`a new server stands in an open list, ${name}`, comes, part, COMES_GOAL_MS));
    await report('portal', rows, options);
    if (window.troubles.length > 0) console.error(window.troubles.join('\n'));
  } finally {
    await browser.close();
  }
}

async function timesOf(page: Page, { name, path, fresh, prepare, act }: Measure): Promise<Took[]> {
  const times: Took[] = [];
  for (let n = 0; n < TIMES; n++) {
    if (n % fresh === 0) {
      await page.goto(path);
      await page.waitForSelector('.k-live-live');
      await page.waitForSelector('tbody tr, .pf-v6-c-empty-state');
    }
    await prepare?.(page, n % fresh);
    const took = await page.evaluate<Took | null>(measured(act(n % fresh)));
    if (took === null) throw new Error(`${name}: nothing came at the ${n + 1}th time.`);
    times.push(took);
  }
  return times;
}

/** From the answer that a server was made until it is painted, in a list that many servers are in. */
async function comesAfter(page: Page, { api_url, token }: BenchService): Promise<number[]> {
  await page.goto('/portal/stages/registration?q=newcomer');
  await page.waitForSelector('.k-live-live');
  await page.waitForSelector('.pf-v6-c-empty-state');
  const times: number[] = [];
  for (let n = 0; n < COMES; n++) {
    const answer = await fetch(`${api_url}/v1/nodes`, {
      method: 'POST',
      headers: {
        ...{ 'x-auth-token': token, 'content-type': 'application/json' },
        'x-openstack-ironic-api-version': '1.115',
      },
      body: JSON.stringify({ driver: 'fake-hardware', name: `newcomer-${n}` }),
    });
    const { uuid } = (await answer.json()) as { uuid: string };
    const began = performance.timeOrigin + performance.now();
    await page.waitForSelector(`[data-server="${uuid}"]`);
    const painted = await page.evaluate<number>(
      'new Promise((resolve) => requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now())))',
    );
    times.push(painted - began);
  }
  return times;
}

const NO_PEER = { peer: null, peer_value: null, ratio: null };

function rowOf(measure: string, times: readonly number[], part: number, goal_ms: number): BenchRow {
  const sorted = times.toSorted((one, other) => one - other);
  const value = sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN;
  return { measure, value, unit: 'ms', peer: 'goal', peer_value: goal_ms, ratio: goal_ms / value };
}
