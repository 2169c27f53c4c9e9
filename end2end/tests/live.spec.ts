// A change by one user is shown to the users whom it concerns, at once and without a reload, and to nobody else.

import { expect, test } from '../fixtures/test';

test('ada sees her order advance while ops works elsewhere, and grace sees nothing of it', { tag: ['@phone', '@firefox'] }, async ({ ada, grace, ops, signInToApi }) => {
  const order = await (await signInToApi('ada')).placeOrder({ mug: 2 });
  const [dashboard, other, staffConsole] = await Promise.all([ada.signIn(), grace.signIn(), ops.signIn()]);
  await dashboard.markDocument();
  await expect(dashboard.status(order.number)).toHaveText('Placed');
  await expect(dashboard.unreadCount).toBeHidden();

  const steps = [
    { action: 'Pack', status: 'Packed' },
    { action: 'Ship', status: 'Shipped' },
    { action: 'Deliver', status: 'Delivered' },
  ];
  for (const [step, { action, status }] of steps.entries()) {
    await staffConsole.button(`${action} order ${order.number}`).click();
    await expect(staffConsole.status(order.number)).toHaveText(status);
    await expect(dashboard.status(order.number)).toHaveText(status);
    await expect(dashboard.toast(status.toLowerCase())).toBeVisible();
    await expect(dashboard.unreadCount).toHaveText(String(step + 1));
  }
  await dashboard.expectSameDocument();

  // An event that grace does get shows that her stream was open all the while: anything else of hers would have come before it.
  const { broadcastForm } = staffConsole;
  await broadcastForm.title.fill('Early closing');
  await broadcastForm.message.fill('We close at four today.');
  await broadcastForm.submit.click();
  await expect(other.toast('Early closing')).toBeVisible();
  await expect(other.toasts).toHaveCount(1);
  await expect(other.unreadCount).toHaveText('1');
  await expect(other.notifications).toHaveCount(1);
  await expect(other.orders).toHaveCount(0);
  await expect(dashboard.unreadCount).toHaveText('4');
});

test('a new order is on the console at once, and its cancellation on the dashboard', { tag: ['@phone', '@firefox'] }, async ({ ada, ops }) => {
  const [dashboard, staffConsole] = await Promise.all([ada.signIn(), ops.signIn()]);
  await staffConsole.markDocument();
  await dashboard.markDocument();
  await expect(staffConsole.orders).toHaveCount(0);

  await dashboard.placeOrder('Stoneware mug', 2);
  await expect(dashboard.orders).toHaveCount(1);
  await expect(staffConsole.orders).toHaveCount(1);
  await expect(staffConsole.orders).toContainText('ada');
  await expect(staffConsole.orders).toContainText('2 × Stoneware mug');
  await expect(staffConsole.orders).toContainText('$36.00');
  await expect(staffConsole.statusIn(staffConsole.orders)).toHaveText('Placed');

  await staffConsole.orders.locator('summary', { hasText: 'Cancel' }).click();
  await staffConsole.page.getByRole('button', { name: /^Yes, cancel order \d+$/ }).click();
  await expect(staffConsole.statusIn(staffConsole.orders)).toHaveText('Cancelled');
  await expect(dashboard.statusIn(dashboard.orders)).toHaveText('Cancelled');
  await expect(dashboard.orders.locator('summary', { hasText: 'Cancel' })).toBeHidden();
  await expect(dashboard.orders).toHaveCount(1);
  await dashboard.expectSameDocument();
  await staffConsole.expectSameDocument();
});
