// Every page works with JavaScript off: what is live elsewhere is a form and a reload here.

import type { Person } from '../fixtures/person';
import { expect, test } from '../fixtures/test';

// A browser says that it was given a script which it did not run, and that a page was not found.
test.use({ javaScriptEnabled: false, expectedComplaints: /was preloaded using link preload but not used|status of 404/ });

// The numbers that a new database begins with.
const [FIRST, SECOND] = [1001, 1002];

test('signing in: a wrong password is told of on the page, the right one leads on', { tag: '@phone' }, async ({ ada: { tab } }) => {
  await tab.page.goto('/');
  await expect(tab.page).toHaveURL('/sign-in?next=%2F');
  await tab.fillSignIn('ada', 'wrong');
  await expect(tab.page).toHaveURL(/\/sign-in/);
  await expect(tab.page.getByText('this name and password do not go together')).toBeVisible();

  await tab.fillSignIn('ada', 'demo');
  await expect(tab.page).toHaveURL('/');
  await expect(tab.page).toHaveTitle('Your orders · Orderwire');
  await expect(tab.page.locator('.badge-off')).toHaveText('Reload to refresh');
  await expect(tab.line).toBeHidden();

  await tab.button('Sign out').click();
  await expect(tab.page).toHaveURL('/sign-in');
  await tab.page.goto('/?before=1002');
  await expect(tab.page).toHaveURL('/sign-in?next=%2F%3Fbefore%3D1002');
  await tab.fillSignIn('ada', 'wrong');
  await expect(tab.page.getByText('this name and password do not go together')).toBeVisible();
  await tab.fillSignIn('ada', 'demo');
  await expect(tab.page, 'one is back where one was').toHaveURL('/?before=1002');
});

test('orders are placed, refused, cancelled and advanced; notifications are read', { tag: '@phone' }, async ({ ada, ops }) => {
  const [dashboard, desk] = [ada.tab, ops.tab];
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
  await desk.button(`Pack order ${SECOND}`).click();
  await expect(desk.status(SECOND)).toHaveText('Packed');
  const notify = desk.page.getByRole('region', { name: 'Notify one user' });
  await notify.getByLabel('User').fill('nobody');
  await notify.getByLabel('Title').fill('Hello');
  await notify.getByLabel('Message').fill('Is anybody there?');
  await desk.button('Notify').click();
  await expect(desk.page).toHaveURL(/\/console/);
  await expect(notify.locator('.field', { has: desk.page.getByLabel('User') }).getByRole('alert')).toHaveText('there is no user "nobody"');

  await dashboard.page.reload();
  await expect(dashboard.status(SECOND)).toHaveText('Packed');
  await expect(dashboard.unread).toHaveText('1');
  await expect(dashboard.note('packed')).toBeHidden();
  await dashboard.clickBell();
  await expect(dashboard.note('packed')).toBeVisible();
  await dashboard.button('Mark all read').click();
  await expect(dashboard.unread).toBeHidden();
  await expect(dashboard.note('packed')).toHaveAttribute('data-read', 'true');
});

test('a page that does not exist is a page, with status 404', { tag: '@phone' }, async ({ ada }) => {
  const answer = await ada.tab.page.goto('/nowhere');
  expect(answer?.status()).toBe(404);
  await expect(ada.tab.page.getByRole('heading', { name: 'There is no such page' })).toBeVisible();
});

test('each page is open to its own people only', { tag: '@phone' }, async ({ ada, ops }) => {
  await signIn(ada, '/');
  await ada.tab.page.goto('/console');
  await expect(ada.tab.page).toHaveURL('/');
  await signIn(ops, '/console');
  await ops.tab.page.goto('/');
  await expect(ops.tab.page).toHaveURL('/console');
});

async function signIn(person: Person, home: string): Promise<void> {
  await person.tab.page.goto('/sign-in');
  await person.tab.fillSignIn(person.name, 'demo');
  await expect(person.tab.page).toHaveURL(home);
}
