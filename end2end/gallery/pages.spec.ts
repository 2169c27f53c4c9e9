// A picture of each page and state in light and dark, at four widths: target/screenshots/<state>-<colour scheme>-<width>.png. Nothing is
// compared: the pictures are for whoever changes how a page looks.

import { join } from 'node:path';
import type { Browser } from '@playwright/test';
import { AppPage } from '../fixtures/pages/app-page';
import { ConsolePage } from '../fixtures/pages/console-page';
import { DashboardPage } from '../fixtures/pages/dashboard-page';
import { SignInPage } from '../fixtures/pages/sign-in-page';
import { PASSWORD } from '../fixtures/api-client';
import { placeSampleOrders } from '../fixtures/sample-orders';
import { test } from '../fixtures/test';

const FOLDER = join(__dirname, '../../target/screenshots');

/** A phone, a tablet, a laptop, a desktop; in CSS pixels. */
const WIDTHS = [360, 768, 1_280, 1_920];

interface State {
  name: string;
  path: string;
  /** Who is signed in. */
  as?: 'ada' | 'grace' | 'ops';
  prepare?: (page: AppPage) => Promise<void>;
}

const STATES: State[] = [
  { name: 'sign-in', path: '/sign-in' },
  { name: 'sign-in-refused', path: '/sign-in', prepare: ({ page }) => new SignInPage(page).signIn('ada', 'wrong') },
  { name: 'not-found', path: '/nowhere' },
  { name: 'dashboard', path: '/', as: 'ada' },
  { name: 'dashboard-empty', path: '/', as: 'grace' },
  { name: 'dashboard-bell', path: '/', as: 'ada', prepare: (page) => page.toggleNotifications() },
  { name: 'dashboard-account-menu', path: '/', as: 'ada', prepare: (page) => page.account.click() },
  { name: 'dashboard-cancel', path: '/', as: 'ada', prepare: (page) => new DashboardPage(page.page).cancel(1005).click() },
  { name: 'dashboard-offline', path: '/', as: 'ada', prepare: async (page) => {
    await page.page.context().setOffline(true);
    await page.expectState('offline');
  } },
  { name: 'console', path: '/console', as: 'ops' },
  { name: 'console-nothing-found', path: '/console?q=nothing', as: 'ops' },
  { name: 'console-selected', path: '/console', as: 'ops', prepare: async ({ page }) => {
    const staffConsole = new ConsolePage(page);
    for (const number of [1002, 1005]) await staffConsole.order(number).getByRole('checkbox').check();
  } },
  { name: 'console-cancel', path: '/console', as: 'ops', prepare: ({ page }) => new ConsolePage(page).cancel(1002).click() },
  { name: 'console-shortcuts', path: '/console', as: 'ops', prepare: async ({ page }) => {
    await page.keyboard.press('?');
    await new ConsolePage(page).shortcuts.waitFor();
  } },
  { name: 'console-drawer', path: '/console', as: 'ops', prepare: ({ page }) => new ConsolePage(page).drawer.open(1002) },
  { name: 'dashboard-basket', path: '/?again=1004', as: 'ada' },
  // Of the sample orders: the first is cancelled, the second packed, the fourth delivered.
  { name: 'order-cancelled', path: '/orders/1001', as: 'ada' },
  { name: 'order-packed-staff', path: '/orders/1002', as: 'ops' },
  { name: 'order-delivered', path: '/orders/1004', as: 'ada' },
  { name: 'order-not-found', path: '/orders/1', as: 'ada' },
  { name: 'notifications', path: '/notifications', as: 'ada' },
  { name: 'notifications-empty', path: '/notifications', as: 'grace' },
  { name: 'wire', path: '/wire', as: 'ada' },
  { name: 'account', path: '/account', as: 'ada' },
];

/** Those of `--demo-shop`, with a past and the guided start. */
const DEMO_SHOP: State[] = [
  { name: 'demo-shop-dashboard', path: '/', as: 'ada' },
  { name: 'demo-shop-console', path: '/console', as: 'ops' },
  { name: 'demo-shop-notifications', path: '/notifications', as: 'ada' },
];

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every page and state in ${colorScheme}`, async ({ browser, baseURL, signInToApi }) => {
    const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
    await placeSampleOrders(customer, staff);
    await staff.notify('ada', 'A message from staff', 'Your grinder comes with a free brush.');
    for (const width of WIDTHS) {
      for (const state of STATES) await picture(browser, baseURL, state, colorScheme, width);
    }
  });

  test.describe(() => {
    test.use({ flags: ['--demo-shop'] });

    test(`the demo's shop in ${colorScheme}`, async ({ browser, baseURL }) => {
      for (const width of WIDTHS) {
        for (const state of DEMO_SHOP) await picture(browser, baseURL, state, colorScheme, width);
      }
    });
  });
}

async function picture(browser: Browser, baseURL: string | undefined, state: State, colorScheme: 'light' | 'dark', width: number): Promise<void> {
  const { name, path, as, prepare } = state;
  const context = await browser.newContext({ baseURL, colorScheme, viewport: { width, height: width < 700 ? 780 : 900 } });
  const page = new AppPage(await context.newPage());
  if (as) await context.request.post('/api/sign_in', { form: { username: as, password: PASSWORD } });
  await page.page.goto(path);
  if (as) {
    await page.waitUntilHydrated();
    await page.waitUntilLive();
  }
  // The console lists a new connection within a second.
  if (path.startsWith('/console')) await new ConsolePage(page.page).connections.first().waitFor();
  await prepare?.(page);
  // A window as high as the page: what stands at its lower edge then stands below the page.
  await page.page.setViewportSize({ width, height: await page.page.evaluate(() => document.documentElement.scrollHeight) });
  await page.page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}-${width}.png`), animations: 'disabled' });
  await context.close();
}
