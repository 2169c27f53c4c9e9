// Every page works without JavaScript: what is live with it is a form and a reload without.

import type { AppPage } from '../fixtures/pages/app-page';
import type { TestUser } from '../fixtures/test-user';
import { expect, test } from '../fixtures/test';

// A browser reports a preloaded script that it did not run, and a page that was not found.
test.use({ javaScriptEnabled: false, allowedConsoleErrors: /was preloaded using link preload but not used|status of 404/ });

/** Says what the last form has done. */
const notice = ({ page }: AppPage) => page.locator('.notice');

/** The first order numbers of a new database. */
const [FIRST, SECOND] = [1001, 1002];

const WRONG_PASSWORD = 'wrong user name or password';

test('signing in: a wrong password is reported on the page, the right one leads on', { tag: '@phone' }, async ({ ada }) => {
  const { tab, signInPage } = ada;
  const { page } = tab;
  await page.goto('/');
  await expect(page).toHaveURL('/sign-in?next=%2F');
  await signInPage.signIn('ada', 'wrong');
  await expect(page, 'the address stays clean').toHaveURL('/sign-in?next=%2F');
  await expect(page.getByText(WRONG_PASSWORD)).toBeVisible();
  await expect(page.getByLabel('User name'), 'the name is kept').toHaveValue('ada');
  await expect(page.getByLabel('Password'), 'the password is not').toHaveValue('');
  await page.reload();
  await expect(page.getByText(WRONG_PASSWORD), 'it is told once').toBeHidden();

  await signInPage.signIn('ada');
  await expect(page).toHaveURL('/');
  await expect(page).toHaveTitle('Your orders · Orderwire');
  await expect(tab.noScriptBadge).toHaveText('Reload to refresh');
  await expect(tab.connection).toBeHidden();

  await tab.signOut();
  await expect(page).toHaveURL('/sign-in');
  await page.goto('/?before=1002');
  await expect(page).toHaveURL('/sign-in?next=%2F%3Fbefore%3D1002');
  await signInPage.signIn('ada', 'wrong');
  await expect(page.getByText(WRONG_PASSWORD)).toBeVisible();
  await signInPage.signIn('ada');
  await expect(page, 'the redirect target survives a wrong password').toHaveURL('/?before=1002');
});

test('one press signs in as a demo user; a refused name leaves the focus on the password', { tag: '@phone' }, async ({ grace }) => {
  const { page } = grace.tab;
  await page.goto('/sign-in');
  await grace.signInPage.signIn('grace', 'wrong');
  await expect(page.getByLabel('Password')).toBeFocused();
  await page.getByRole('button', { name: 'Sign in as grace, Customer' }).click();
  await expect(page).toHaveURL('/');
  await expect(grace.tab.account).toBeVisible();
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
  await expect(notice(dashboard)).toHaveText(`Order ${FIRST} is placed. View it`);
  await expect(dashboard.page.getByText('choose at least one product')).toHaveCount(0);
  await dashboard.cancel(FIRST).click();
  await dashboard.confirmCancel(FIRST).click();
  await expect(dashboard.status(FIRST)).toHaveText('Cancelled');
  await expect(dashboard.cancel(FIRST)).toBeHidden();
  await dashboard.placeOrder('Pouring kettle', 1);
  await expect(dashboard.status(SECOND)).toHaveText('Placed');

  await signIn(ops, '/console');
  await staffConsole.button(`Pack order ${SECOND}`).click();
  await expect(staffConsole.status(SECOND)).toHaveText('Packed');
  await expect(notice(staffConsole)).toHaveText(`Order ${SECOND} is packed.`);
  const { notifyForm } = staffConsole;
  await notifyForm.user.fill('nobody');
  await notifyForm.title.fill('Hello');
  await notifyForm.message.fill('Is anybody there?');
  await notifyForm.submit.click();
  await expect(staffConsole.page, 'the address stays clean').toHaveURL('/console');
  await expect(notifyForm.user).toHaveAccessibleDescription('there is no user "nobody"');
  await expect(notifyForm.region.getByRole('alert')).toHaveText('there is no user "nobody"');
  await expect(notifyForm.title).toHaveValue('Hello');
  await expect(notifyForm.message).toHaveValue('Is anybody there?');
  await notifyForm.user.fill('ada');
  await notifyForm.submit.click();
  await expect(notice(staffConsole)).toHaveText('Sent.');
  await expect(notifyForm.message).toHaveValue('');

  await dashboard.page.reload();
  await expect(dashboard.status(SECOND)).toHaveText('Packed');
  await expect(dashboard.unreadCount).toHaveText('2');
  await expect(dashboard.notification('packed')).toBeHidden();
  await dashboard.toggleNotifications();
  await expect(dashboard.notification('packed')).toBeVisible();
  await dashboard.button('Mark all as read').click();
  await expect(dashboard.unreadCount).toBeHidden();
  await expect(dashboard.notification('packed')).toHaveAttribute('data-read', 'true');
});

test('a message that was being written when the session ended comes back after the sign-in', { tag: '@phone' }, async ({ ops }) => {
  await signIn(ops, '/console');
  const { broadcastForm, page } = ops.tab;
  await broadcastForm.title.fill('Early closing');
  await broadcastForm.message.fill('We close\nat four today.');
  await ops.context.clearCookies();
  await broadcastForm.submit.click();
  await expect(page).toHaveURL('/sign-in?next=%2Fconsole');
  await expect(page.getByRole('alert')).toContainText('what you have typed comes back');
  await ops.signInPage.signIn('ops');
  await expect(page).toHaveURL('/console');
  await expect(broadcastForm.title).toHaveValue('Early closing');
  await expect(broadcastForm.message).toHaveValue('We close\nat four today.');
  await expect(broadcastForm.region.getByRole('alert')).toHaveText('you were signed out before this was sent; send it again');
  await broadcastForm.submit.click();
  await expect(notice(ops.tab)).toHaveText('Sent.');
});

test('after a sign-out, going back shows nothing of the user', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  await (await signInToApi('ada')).placeOrder({ mug: 1 });
  await signIn(ada, '/');
  await expect(ada.tab.order(FIRST)).toBeVisible();
  await ada.tab.signOut();
  await expect(ada.tab.page).toHaveURL('/sign-in');
  await ada.tab.page.goBack({ waitUntil: 'commit' });
  await expect(ada.tab.page).toHaveURL('/sign-in?next=%2F');
  await expect(ada.tab.page.getByText('Stoneware mug')).toHaveCount(0);
});

test('a page that does not exist is a page with status 404', { tag: '@phone' }, async ({ ada }) => {
  const response = await ada.tab.page.goto('/nowhere');
  expect(response?.status()).toBe(404);
  await expect(ada.tab.page.getByRole('heading', { name: 'Page not found' })).toBeVisible();
  await ada.tab.page.getByRole('navigation').getByRole('link', { name: 'Orders' }).click();
  await expect(ada.tab.page, 'it leads on').toHaveURL('/sign-in?next=%2F');
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
