// Several tabs of one user agree on what is unread, and on whether the user is signed in.

import { expect, test } from '../fixtures/test';

test('two tabs agree on what is unread, whichever of them marks it as read', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const first = await ada.signIn();
  const second = await ada.newTab();
  const staff = await signInToApi('ops');

  for (const title of ['One', 'Two', 'Three']) await staff.notify('ada', title, 'A message from staff.');
  for (const tab of [first, second]) {
    await expect(tab.unreadCount).toHaveText('3');
    await expect(tab.notifications).toHaveCount(3);
  }

  await first.toggleNotifications();
  await first.notification('Two').getByRole('button', { name: 'Mark as read' }).click();
  for (const tab of [first, second]) {
    await expect(tab.unreadCount).toHaveText('2');
    await expect(tab.notification('Two')).toHaveAttribute('data-read', 'true');
    await expect(tab.notification('One')).toHaveAttribute('data-read', 'false');
  }

  await second.toggleNotifications();
  await second.button('Mark all as read').click();
  for (const tab of [first, second]) {
    await expect(tab.unreadCount).toBeHidden();
    await expect(tab.notification('One')).toHaveAttribute('data-read', 'true');
    await expect(tab.button('Mark all as read')).toHaveCount(0);
  }
});

test.describe('signing out', () => {
  // The tab that signs out may be the leader, and gone before it could tell the others: then they ask the server.
  test.use({ allowedConsoleErrors: /status of 401|Firefox can’t establish a connection/ });

  test('in one tab signs out the others', { tag: ['@phone', '@firefox'] }, async ({ ada }) => {
    const first = await ada.signIn();
    const second = await ada.newTab();

    await first.signOut();
    await expect(first.page).toHaveURL('/sign-in');
    await expect(second.page).toHaveURL('/sign-in?next=%2F');

    await second.page.goto('/');
    await expect(second.page).toHaveURL('/sign-in?next=%2F');
  });

  test('elsewhere signs out a page whose shortcuts dialog was closed before', { tag: '@phone' }, async ({ ops }) => {
    const staffConsole = await ops.signIn();
    await staffConsole.page.keyboard.press('?');
    await staffConsole.shortcuts.getByRole('button', { name: 'Close' }).click();
    await expect(staffConsole.shortcuts).toBeHidden();

    await ops.context.request.post('/api/sign_out');
    await expect(staffConsole.page).toHaveURL('/sign-in?next=%2Fconsole');
  });
});
