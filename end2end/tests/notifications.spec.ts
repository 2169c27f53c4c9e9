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
