// All notifications that are kept, a page at a time: live, read without JavaScript, and each leads to its order.

import AxeBuilder from '@axe-core/playwright';
import type { ApiClient } from '../fixtures/api-client';
import { NotificationsPage } from '../fixtures/pages/notifications-page';
import { expect, test } from '../fixtures/test';

/** How many notifications a page lists. */
const LISTED = 30;

async function send(staff: ApiClient, count: number): Promise<void> {
  for (let number = 1; number <= count; number += 1) await staff.notify('ada', `Message ${number}`, 'From staff.');
}

const titles = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => `Message ${from - index}`);

test('the bell leads to all notifications, and each page shows the next ones', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const staff = await signInToApi('ops');
  await send(staff, 2 * LISTED + 5);
  const dashboard = await ada.signIn();
  await dashboard.toggleNotifications();
  await dashboard.page.getByRole('link', { name: 'All notifications' }).click();
  const page = new NotificationsPage(dashboard.page);
  await page.waitUntilLive();
  expect(await page.titles()).toEqual(titles(65, 36));
  await expect(page.newer).toBeHidden();
  await page.older.click();
  await page.waitUntilLive();
  expect(await page.titles()).toEqual(titles(35, 6));

  await staff.notify('ada', 'Message 66', 'From staff.');
  await page.toast('Message 66').waitFor();
  expect(await page.titles(), 'a page of older ones takes no new ones').toEqual(titles(35, 6));
  await page.older.click();
  expect(await page.titles()).toEqual(titles(5, 1));
  await expect(page.older).toBeHidden();
  await page.newer.click();
  expect(await page.titles()).toEqual(titles(35, 6));
  await page.newer.click();
  await page.waitUntilHydrated();
  expect(await page.titles(), 'those after this page').toEqual(titles(65, 36));
  await page.newer.click();
  await expect(page.page, 'the first page is one of the newest').toHaveURL('/notifications');
  expect(await page.titles()).toEqual(titles(66, 37));
});

test('the first page is live, and nothing moves under a hand', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const staff = await signInToApi('ops');
  await send(staff, 2);
  await ada.signIn();
  const page = new NotificationsPage(ada.tab.page);
  await page.open();
  await page.waitUntilLive();
  await staff.notify('ada', 'Message 3', 'From staff.');
  await expect(page.listed).toHaveCount(3);
  await page.listed.first().getByRole('button', { name: 'Mark as read' }).focus();
  await staff.notify('ada', 'Message 4', 'From staff.');
  const waiting = page.page.getByRole('main').getByRole('button', { name: '1 new notification' });
  await expect(waiting).toBeVisible();
  expect(await page.titles()).toEqual(titles(3, 1));
  await page.page.keyboard.press('Enter');
  await expect(page.listed.first()).toHaveAttribute('data-read', 'true');
  await page.account.focus();
  await expect(page.listed).toHaveCount(4);
  await page.markAllRead.click();
  await expect(page.page.getByRole('main').locator('[data-read=false]')).toHaveCount(0);
  await expect(page.markAllRead).toBeHidden();
});

test('what is read elsewhere is read on a page of older ones', async ({ ada, signInToApi }) => {
  const staff = await signInToApi('ops');
  await send(staff, LISTED + 3);
  await ada.signIn();
  const page = new NotificationsPage(ada.tab.page);
  await page.open();
  await page.older.click();
  await page.waitUntilHydrated();
  await page.waitUntilLive();
  await page.markDocument();
  await page.listed.first().getByRole('button', { name: 'Mark as read' }).click();
  await expect(page.listed.first()).toHaveAttribute('data-read', 'true');
  await expect(page.listed.last()).toHaveAttribute('data-read', 'false');
  const other = new NotificationsPage((await ada.newBlankTab()).page);
  await other.open();
  await other.waitUntilLive();
  await other.markAllRead.click();
  await expect(page.listed.last()).toHaveAttribute('data-read', 'true');
  await expect(page.markAllRead).toBeHidden();
  await page.expectSameDocument();
});

test('a notification about an order leads to it', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
  await (await signInToApi('ops')).advanceOrder(order);
  await ada.signIn();
  const page = new NotificationsPage(ada.tab.page);
  await page.open();
  await page.listed.getByRole('link', { name: 'Order packed' }).click();
  await expect(page.page).toHaveURL(`/orders/${order.number}`);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false, allowedConsoleErrors: /was preloaded using link preload but not used/ });

  test('notifications are paged and read, one or all', { tag: '@phone' }, async ({ ada, signInToApi }) => {
    await send(await signInToApi('ops'), LISTED + 2);
    await ada.signInPage.open();
    await ada.signInPage.signIn('ada');
    const page = new NotificationsPage(ada.tab.page);
    await page.open();
    await page.listed.first().getByRole('button', { name: 'Mark as read' }).click();
    await expect(page.page).toHaveURL('/notifications');
    await expect(page.listed.first()).toHaveAttribute('data-read', 'true');
    await page.older.click();
    expect(await page.titles()).toEqual(titles(2, 1));
    await page.listed.first().getByRole('button', { name: 'Mark as read' }).click();
    await expect(page.page).toHaveURL(/\/notifications\?before=/);
    await expect(page.listed.first()).toHaveAttribute('data-read', 'true');
    await expect(page.listed.last()).toHaveAttribute('data-read', 'false');
    await page.markAllRead.click();
    await expect(page.listed.last()).toHaveAttribute('data-read', 'true');
    await expect(page.markAllRead).toBeHidden();
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(() => {
    test.use({ colorScheme });

    test(`axe-core finds nothing on the pages of notifications in ${colorScheme}`, colorScheme === 'light' ? { tag: '@phone' } : {}, async ({ ada, signInToApi }) => {
      await ada.signIn();
      const page = new NotificationsPage(ada.tab.page);
      const check = async () => {
        const { violations } = await new AxeBuilder({ page: page.page }).include('main').analyze();
        expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => target.join(' '))])).toEqual([]);
        const sideways = await page.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(sideways, 'nothing is cut off').toBe(0);
      };
      await page.open();
      await page.waitUntilLive();
      await expect(page.page.getByRole('main').getByText('No notifications yet.')).toBeVisible();
      await check();
      await send(await signInToApi('ops'), LISTED + 2);
      await page.page.reload();
      await check();
      await page.older.click();
      await page.waitUntilHydrated();
      await check();
    });
  });
}
