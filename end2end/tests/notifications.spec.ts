// The notification bell: its badge and its list tell the same story.

import { expect, test } from '../fixtures/test';

/** How many notifications a page lists. */
const LISTED = 30;

test('the badge stays small, and unread notifications that are not listed are mentioned', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const staff = await signInToApi('ops');
  const send = (count: number) => Promise.all(Array.from({ length: count }, (_, index) => staff.notify('ada', `Message ${index}`, 'From staff.')));
  await send(LISTED);
  const dashboard = await ada.signIn();
  const label = (unread: string) => dashboard.page.getByLabel(`Notifications, ${unread} unread`);
  await expect(dashboard.unreadCount).toHaveText(String(LISTED));
  await dashboard.toggleNotifications();
  await expect(dashboard.notifications).toHaveCount(LISTED);
  await expect(dashboard.page.getByText('more unread')).toBeHidden();

  await send(99 - LISTED);
  await expect(dashboard.unreadCount).toHaveText('99');
  await expect(dashboard.page.getByText(`${99 - LISTED} more unread, older than these.`)).toBeVisible();
  await send(1);
  await expect(dashboard.unreadCount).toHaveText('99+');
  await expect(label('99+')).toBeVisible();

  await dashboard.notifications.first().getByRole('button', { name: 'Mark as read' }).click();
  await expect(label('99')).toBeVisible();
  await expect(dashboard.page.getByText(`${100 - LISTED} more unread, older than these.`)).toBeVisible();
});

test('every tab says in its title and on its icon that something is unread', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const staff = await signInToApi('ops');
  const [dashboard, behind] = [await ada.signIn(), await ada.newTab()];
  const expectTabs = async (title: string, icon: string) => {
    for (const { page } of [dashboard, behind]) {
      await expect(page).toHaveTitle(title);
      await expect(page.locator('link[rel=icon]')).toHaveAttribute('href', icon);
    }
  };
  await expectTabs('Your orders · Orderwire', '/favicon.svg');
  await staff.notify('ada', 'One', 'From staff.');
  await expectTabs('(1) Your orders · Orderwire', '/favicon-unread.svg');
  await staff.notify('ada', 'Two', 'From staff.');
  await expectTabs('(2) Your orders · Orderwire', '/favicon-unread.svg');
  await behind.page.reload();
  await behind.waitUntilHydrated();
  await expectTabs('(2) Your orders · Orderwire', '/favicon-unread.svg');
  await dashboard.toggleNotifications();
  await dashboard.button('Mark all as read').click();
  await expectTabs('Your orders · Orderwire', '/favicon.svg');
});
