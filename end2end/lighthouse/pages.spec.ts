// Lighthouse scores of each page, on a phone and on a desktop, and the time until the page is hydrated. Figures that depend on the machine
// are printed; the other scores have to be 100.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Page, chromium } from '@playwright/test';
import { AppPage } from '../fixtures/pages/app-page';
import { SignInPage } from '../fixtures/pages/sign-in-page';
import { SAMPLE_ITEMS } from '../fixtures/sample-orders';
import { expect, test } from '../fixtures/test';

const PAGES = [
  { name: 'sign-in', path: '/sign-in' },
  { name: 'dashboard', path: '/', username: 'ada' },
  { name: 'console', path: '/console', username: 'ops' },
  { name: 'wire', path: '/wire', username: 'ada' },
];

const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];

/** How often hydration is timed. */
const LOADS = 5;

for (const { name, path, username } of PAGES) {
  test(name, async ({ baseURL, signInToApi, launchOptions }, info) => {
    const customer = await signInToApi('ada');
    for (const items of SAMPLE_ITEMS) await customer.placeOrder(items);
    const port = await freePort();
    const args = [...(launchOptions.args ?? []), `--remote-debugging-port=${port}`];
    const context = await chromium.launchPersistentContext(info.outputPath('profile'), { ...launchOptions, args, baseURL });
    const tab = new AppPage(context.pages()[0]!);
    const browser = await context.newCDPSession(tab.page);
    const clearCache = () => browser.send('Network.clearBrowserCache');
    if (username) {
      const signInPage = new SignInPage(tab.page);
      await signInPage.open();
      await signInPage.signIn(username);
      await tab.waitUntilLive();
      const times = [];
      for (let load = 0; load < LOADS; load += 1) {
        await clearCache();
        times.push(await untilHydrated(tab.page));
      }
      times.sort((one, other) => one - other);
      console.log(`${name}: hydrated after ${times.map(Math.round).join(', ')} ms`);
    }
    const { default: lighthouse, desktopConfig } = await import('lighthouse');
    for (const [device, config] of [['phone', undefined], ['desktop', desktopConfig]] as const) {
      await clearCache();
      const flags = { port, logLevel: 'error', disableStorageReset: true } as const;
      const result = await lighthouse(new URL(path, baseURL).href, { ...flags, onlyCategories: CATEGORIES }, config);
      const { categories, audits } = result!.lhr;
      const scores = CATEGORIES.map((category) => [category, Math.round(100 * (categories[category]?.score ?? 0))] as const);
      const figures = ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time', 'cumulative-layout-shift', 'total-byte-weight'];
      console.log(`${name}, ${device}: ${scores.flat().join(' ')}`);
      console.log(`  ${figures.map((figure) => `${figure} ${audits[figure]?.displayValue}`).join('; ')}`);
      const below100 = scores.filter(([category, score]) => category !== 'performance' && score < 100);
      expect.soft(below100, `${name} on a ${device}`).toEqual([]);
    }
    await context.close();
  });
}

/** Milliseconds from the request for the page until it is hydrated, with an empty cache. */
async function untilHydrated(page: Page): Promise<number> {
  await page.reload({ waitUntil: 'commit' });
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const root = document.documentElement;
        const check = () => 'hydrated' in root.dataset && resolve(performance.now());
        new MutationObserver(check).observe(root, { attributes: true });
        check();
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
