// Lighthouse's scores of each page, on a phone and on a desktop, and how long the page takes to come alive. What depends on the machine is
// printed; the rest has to be without fault.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Page, chromium } from '@playwright/test';
import { Tab } from '../fixtures/person';
import { expect, test } from '../fixtures/test';

const PAGES = [
  { name: 'sign-in', path: '/sign-in' },
  { name: 'dashboard', path: '/', person: 'ada' },
  { name: 'console', path: '/console', person: 'ops' },
  { name: 'wire', path: '/wire', person: 'ada' },
];

const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];

/** Pages that come alive, of which the middle one is told. */
const TIMES = 5;

for (const { name, path, person } of PAGES) {
  test(name, async ({ baseURL, caller, launchOptions }, info) => {
    const customer = await caller('ada');
    for (const items of ['coffee:2, filters:1', 'kettle:1', 'tea:3', 'mug:4', 'tea:1']) await customer.placeOrder(items);
    const port = await freePort();
    const args = [...(launchOptions.args ?? []), `--remote-debugging-port=${port}`];
    const context = await chromium.launchPersistentContext(info.outputPath('profile'), { ...launchOptions, args, baseURL });
    const tab = new Tab(context.pages()[0]!);
    const browser = await context.newCDPSession(tab.page);
    const forget = () => browser.send('Network.clearBrowserCache');
    if (person) {
      await tab.page.goto('/sign-in');
      await tab.fillSignIn(person, 'demo');
      await tab.live();
      const times = [];
      for (let time = 0; time < TIMES; time += 1) {
        await forget();
        times.push(await untilHydrated(tab.page));
      }
      times.sort((one, other) => one - other);
      console.log(`${name}: alive after ${times.map(Math.round).join(', ')} ms`);
    }
    const { default: lighthouse, desktopConfig } = await import('lighthouse');
    for (const [device, config] of [['phone', undefined], ['desktop', desktopConfig]] as const) {
      await forget();
      const flags = { port, logLevel: 'error', disableStorageReset: true } as const;
      const result = await lighthouse(new URL(path, baseURL).href, { ...flags, onlyCategories: CATEGORIES }, config);
      const { categories, audits } = result!.lhr;
      const scores = CATEGORIES.map((category) => [category, Math.round(100 * (categories[category]?.score ?? 0))] as const);
      const figures = ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time', 'cumulative-layout-shift', 'total-byte-weight'];
      console.log(`${name}, ${device}: ${scores.flat().join(' ')}`);
      console.log(`  ${figures.map((figure) => `${figure} ${audits[figure]?.displayValue}`).join('; ')}`);
      const short = scores.filter(([category, score]) => category !== 'performance' && score < 100);
      expect.soft(short, `${name} on a ${device}`).toEqual([]);
    }
    await context.close();
  });
}

/** Milliseconds, with nothing in the cache, from asking for the page until its forms are taken over. */
async function untilHydrated(page: Page): Promise<number> {
  await page.reload({ waitUntil: 'commit' });
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const root = document.documentElement;
        const look = () => 'hydrated' in root.dataset && resolve(performance.now());
        new MutationObserver(look).observe(root, { attributes: true });
        look();
      }),
  );
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  listener.close();
  if (typeof address !== 'object' || !address) throw new Error('no port is free');
  return address.port;
}
