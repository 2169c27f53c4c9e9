// A change that one person makes is seen by those it concerns, at once and without a reload, and by nobody else.

import { expect, test } from '../fixtures/test';

test('ada sees her order advance while ops works elsewhere; grace sees nothing of it', { tag: '@phone' }, async ({ ada, grace, ops, caller }) => {
  const order = await (await caller('ada')).placeOrder('mug:2');
  const [dashboard, other, desk] = await Promise.all([ada.signIn(), grace.signIn(), ops.signIn()]);
  await dashboard.markDocument();
  await expect(dashboard.status(order.number)).toHaveText('Placed');
  await expect(dashboard.unread).toBeHidden();

  const steps = [
    { deed: 'Pack', status: 'Packed' },
    { deed: 'Ship', status: 'Shipped' },
    { deed: 'Deliver', status: 'Delivered' },
  ];
  for (const [step, { deed, status }] of steps.entries()) {
    await desk.button(`${deed} order ${order.number}`).click();
    await expect(desk.status(order.number)).toHaveText(status);
    await expect(dashboard.status(order.number)).toHaveText(status);
    await expect(dashboard.toast(status.toLowerCase())).toBeVisible();
    await expect(dashboard.unread).toHaveText(String(step + 1));
  }
  await dashboard.expectSameDocument();

  // Something that grace does get shows that her line was open all the while: whatever was hers would have come before it.
  const broadcast = desk.page.getByRole('region', { name: 'Broadcast' });
  await broadcast.getByLabel('Title').fill('Early closing');
  await broadcast.getByLabel('Message').fill('We close at four today.');
  await desk.button('Send to everyone').click();
  await expect(other.toast('Early closing')).toBeVisible();
  await expect(other.toasts).toHaveCount(1);
  await expect(other.unread).toHaveText('1');
  await expect(other.notes).toHaveCount(1);
  await expect(other.orders).toHaveCount(0);
  await expect(dashboard.unread).toHaveText('4');
});

test('a new order is on the console at once, and its cancelling is back at once', { tag: '@phone' }, async ({ ada, ops }) => {
  const [dashboard, desk] = await Promise.all([ada.signIn(), ops.signIn()]);
  await desk.markDocument();
  await dashboard.markDocument();
  await expect(desk.orders).toHaveCount(0);

  await dashboard.placeOrder('Stoneware mug', 2);
  await expect(dashboard.orders).toHaveCount(1);
  await expect(desk.orders).toHaveCount(1);
  await expect(desk.orders).toContainText('ada');
  await expect(desk.orders).toContainText('2 × Stoneware mug');
  await expect(desk.orders).toContainText('$36.00');
  await expect(desk.orders.getByTestId('status')).toHaveText('Placed');

  await desk.page.getByRole('button', { name: /^Cancel order \d+$/ }).click();
  await expect(desk.orders.getByTestId('status')).toHaveText('Cancelled');
  await expect(dashboard.orders.getByTestId('status')).toHaveText('Cancelled');
  await expect(dashboard.page.getByRole('button', { name: /^Cancel order/ })).toHaveCount(0);
  await expect(dashboard.orders).toHaveCount(1);
  await dashboard.expectSameDocument();
  await desk.expectSameDocument();
});
