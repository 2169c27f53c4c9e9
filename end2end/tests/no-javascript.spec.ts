// Every page works without JavaScript: what is live with it is a form and a reload without.

import type { AppPage } from '../fixtures/pages/app-page';
import type { TestUser } from '../fixtures/test-user';
import { expect, test } from '../fixtures/test';

// A browser reports a preloaded script that it did not run, and a page that was not found.
test.use({ javaScriptEnabled: false, allowedConsoleErrors: /was preloaded using link preload but not used|status of 404/ });

/** The first order numbers of a new database. */
const [FIRST, SECOND] = [1001, 1002];

const WRONG_PASSWORD = 'this name and password do not go together';

test('signing in: a wrong password is reported on the page, the right one leads on', { tag: '@phone' }, async ({ ada }) => {
  const { tab, signInPage } = ada;
  const { page } = tab;
  await page.goto('/');
  await expect(page).toHaveURL('/sign-in?next=%2F');
  await signInPage.signIn('ada', 'wrong');
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(page.getByText(WRONG_PASSWORD)).toBeVisible();

  await signInPage.signIn('ada');
  await expect(page).toHaveURL('/');
  await expect(page).toHaveTitle('Your orders · Orderwire');
  await expect(tab.noScriptBadge).toHaveText('Reload to refresh');
  await expect(tab.connection).toBeHidden();

  await tab.signOut.click();
  await expect(page).toHaveURL('/sign-in');
  await page.goto('/?before=1002');
  await expect(page).toHaveURL('/sign-in?next=%2F%3Fbefore%3D1002');
  await signInPage.signIn('ada', 'wrong');
  await expect(page.getByText(WRONG_PASSWORD)).toBeVisible();
  await signInPage.signIn('ada');
  await expect(page, 'the redirect target survives a wrong password').toHaveURL('/?before=1002');
});

test('orders are placed, refused, cancelled and advanced; notifications are read', { tag: '@phone' }, async ({ ada, ops }) => {
  const [dashboard, staffConsole] = [ada.tab, ops.tab];
  await signIn(ada, '/');
  await dashboard.button('Place order').click();
  await expect(dashboard.page.getByText('choose at least one product')).toBeVisible();
  await expect(dashboard.orders).toHaveCount(0);

  await dashboard.placeOrder('Stoneware mug', 2);
  await expect(dashboard.status(FIRST)).toHaveText('Placed');
  await expect(dashboard.order(FIRST)).toContainText('2 × Stoneware mug');
  await expect(dashboard.page.getByText('choose at least one product')).toHaveCount(0);
  await dashboard.button(`Cancel order ${FIRST}`).click();
  await expect(dashboard.status(FIRST)).toHaveText('Cancelled');
  await expect(dashboard.button(`Cancel order ${FIRST}`)).toHaveCount(0);
  await dashboard.placeOrder('Pouring kettle', 1);
  await expect(dashboard.status(SECOND)).toHaveText('Placed');

  await signIn(ops, '/console');
  await staffConsole.button(`Pack order ${SECOND}`).click();
  await expect(staffConsole.status(SECOND)).toHaveText('Packed');
  const { notifyForm } = staffConsole;
  await notifyForm.user.fill('nobody');
  await notifyForm.title.fill('Hello');
  await notifyForm.message.fill('Is anybody there?');
  await notifyForm.submit.click();
  await expect(staffConsole.page).toHaveURL(/\/console/);
  await expect(notifyForm.user).toHaveAccessibleDescription('there is no user "nobody"');
  await expect(notifyForm.region.getByRole('alert')).toHaveText('there is no user "nobody"');

  await dashboard.page.reload();
  await expect(dashboard.status(SECOND)).toHaveText('Packed');
  await expect(dashboard.unreadCount).toHaveText('1');
  await expect(dashboard.notification('packed')).toBeHidden();
  await dashboard.toggleNotifications();
  await expect(dashboard.notification('packed')).toBeVisible();
  await dashboard.button('Mark all as read').click();
  await expect(dashboard.unreadCount).toBeHidden();
  await expect(dashboard.notification('packed')).toHaveAttribute('data-read', 'true');
});

test('a page that does not exist is a page with status 404', { tag: '@phone' }, async ({ ada }) => {
  const response = await ada.tab.page.goto('/nowhere');
  expect(response?.status()).toBe(404);
  await expect(ada.tab.page.getByRole('heading', { name: 'Page not found' })).toBeVisible();
});

test('each page is for its role only', { tag: '@phone' }, async ({ ada, ops }) => {
  await signIn(ada, '/');
  await ada.tab.page.goto('/console');
  await expect(ada.tab.page).toHaveURL('/');
  await signIn(ops, '/console');
  await ops.tab.page.goto('/');
  await expect(ops.tab.page).toHaveURL('/console');
});

async function signIn(user: TestUser<AppPage>, home: string): Promise<void> {
  await user.signInPage.open();
  await user.signInPage.signIn(user.name);
  await expect(user.tab.page).toHaveURL(home);
}
