// The customer's dashboard: how far an order has come, what has just changed, and what is read.

import { DashboardPage } from '../fixtures/pages/dashboard-page';
import { expect, test } from '../fixtures/test';

test('an order shows its progress, when it changed, and that it has just changed', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const dashboard = await ada.signIn();
  await expect(dashboard.page.getByText('No orders yet.')).toBeVisible();
  const order = await customer.placeOrder({ mug: 2 });
  await expect(dashboard.page.getByText('No orders yet.')).toBeHidden();

  const card = dashboard.order(order.number);
  const currentStep = card.locator('[aria-current=step]');
  await expect(currentStep).toHaveText('Placed');
  await expect(card, 'it has just come').toHaveCSS('animation-name', 'highlight-new');
  await staff.advanceOrder(order);
  await expect(currentStep).toHaveText('Packed');
  await expect(card).toHaveCSS('animation-name', 'highlight-odd');
  await staff.advanceOrder(order);
  await expect(currentStep).toHaveText('Shipped');
  await expect(card, 'each change starts a new animation').toHaveCSS('animation-name', 'highlight-even');

  const time = card.getByRole('time');
  await expect(time).toHaveText('just now');
});

test.describe('with reduced motion', () => {
  test.use({ contextOptions: { reducedMotion: 'reduce' } });

  test('nothing is animated', { tag: '@phone' }, async ({ ada, signInToApi }) => {
    const order = await (await signInToApi('ada')).placeOrder({ mug: 2 });
    const dashboard = await ada.signIn();
    await (await signInToApi('ops')).advanceOrder(order);
    await expect(dashboard.status(order.number)).toHaveText('Packed');
    await expect(dashboard.order(order.number)).toHaveCSS('animation-duration', '0.001s');
  });
});

test('a notification that is read on one device is read on the other', { tag: '@phone' }, async ({ ada, signInToApi, browser, baseURL }) => {
  const dashboard = await ada.signIn();
  const otherDevice = await browser.newContext({ baseURL, storageState: await ada.context.storageState() });
  const other = new DashboardPage(await otherDevice.newPage());
  await other.page.goto('/');
  const staff = await signInToApi('ops');
  await staff.notify('ada', 'One', 'A message from staff.');
  await expect(other.unreadCount).toHaveText('1');
  await dashboard.toggleNotifications();
  await dashboard.notification('One').getByRole('button', { name: 'Mark as read' }).click();
  await expect(other.unreadCount).toBeHidden();
  await expect(dashboard.notification('One'), 'the focus is not lost with the button').toBeFocused();
  await otherDevice.close();
});
