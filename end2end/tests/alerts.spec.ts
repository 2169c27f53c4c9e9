// Notifications of the desktop: off until they are asked for; then one for each message that comes while no tab is seen.

import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/test';

type Shown = [title: string, body: string, silent: boolean];

const shown = (page: Page) => page.evaluate(() => (window as unknown as { shown: Shown[] }).shown);

/** As when the tab goes behind another, which a browser without a screen does not report. */
async function setSeen(page: Page, seen: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, !seen);
}

test('a message that comes while no tab is seen is shown on the desktop, once it was asked for', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  await ada.context.grantPermissions(['notifications']);
  await ada.context.addInitScript(() => {
    const shown: unknown[] = [];
    Object.assign(window, { shown });
    // Records what the browser's own shows.
    window.Notification = class extends Notification {
      constructor(title: string, options?: NotificationOptions) {
        super(title, options);
        shown.push([title, options?.body, options?.silent]);
      }
    };
  });
  const staff = await signInToApi('ops');
  const dashboard = await ada.signIn();
  const { page } = dashboard;
  await expect(page.locator('script[src="/alerts.js"]'), 'who has not asked for them pays nothing').toHaveCount(0);

  await page.goto('/account');
  await Promise.all([page.waitForEvent('load'), dashboard.button('Silent').click()]);
  await expect(dashboard.button('Silent')).toHaveAttribute('aria-pressed', 'true');
  await page.goto('/');
  await dashboard.waitUntilHydrated();
  await dashboard.waitUntilLive();
  await staff.notify('ada', 'Seen', 'A message from staff.');
  await expect(dashboard.toast('Seen')).toBeVisible();
  await setSeen(page, false);
  await staff.notify('ada', 'One', 'A message from staff.');
  await expect.poll(() => shown(page)).toEqual([['One', 'A message from staff.', true]]);

  const other = await ada.newTab();
  await staff.notify('ada', 'Two', 'The other tab is seen.');
  await expect(dashboard.toast('Two')).toBeAttached();
  await setSeen(other.page, false);
  await staff.notify('ada', 'Three', 'A message from staff.');
  await expect.poll(async () => (await shown(page)).map(([title]) => title)).toEqual(['One', 'Three']);
});
