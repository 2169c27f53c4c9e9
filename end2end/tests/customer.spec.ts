// What a customer's page shows and says: where an order stands, what has just changed, when, and what to do where there is nothing yet.

import { expect, test } from '../fixtures/test';

test('an order shows how far it has come, when, and that it has just changed', { tag: '@phone' }, async ({ ada, caller }) => {
  const [customer, ops] = [await caller('ada'), await caller('ops')];
  const dashboard = await ada.signIn();
  await expect(dashboard.page.getByText('No orders yet.')).toBeVisible();
  const { number, ...order } = await customer.placeOrder('mug:2');
  await expect(dashboard.page.getByText('No orders yet.')).toBeHidden();

  const card = dashboard.order(number);
  await expect(card.locator('[aria-current=step]')).toHaveText('Placed');
  await expect(card).toHaveAttribute('data-flash', 'none');
  await ops.advanceOrder({ number, ...order });
  await expect(card.locator('[aria-current=step]')).toHaveText('Packed');
  await expect(card).toHaveCSS('animation-name', 'flash-odd');
  await ops.advanceOrder({ number, ...order });
  await expect(card.locator('[aria-current=step]')).toHaveText('Shipped');
  await expect(card, 'each change is marked anew').toHaveCSS('animation-name', 'flash-even');

  const time = card.getByRole('time');
  await expect(time).toHaveText('just now');
  await expect(time).toHaveAttribute('title', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
});

test.describe('for whom motion is too much', () => {
  test.use({ contextOptions: { reducedMotion: 'reduce' } });

  test('nothing moves', { tag: '@phone' }, async ({ ada, caller }) => {
    const order = await (await caller('ada')).placeOrder('mug:2');
    const dashboard = await ada.signIn();
    await (await caller('ops')).advanceOrder(order);
    await expect(dashboard.status(order.number)).toHaveText('Packed');
    await expect(dashboard.order(order.number)).toHaveCSS('animation-duration', '0.001s');
  });
});

test('what is read on one device is read on the other', { tag: '@phone' }, async ({ ada, caller, browser, baseURL }) => {
  const dashboard = await ada.signIn();
  const elsewhere = await browser.newContext({ baseURL, storageState: await ada.context.storageState() });
  const other = await elsewhere.newPage();
  await other.goto('/');
  const ops = await caller('ops');
  await ops.notify('ada', 'One', 'A word from staff.');
  await expect(other.getByTestId('unread')).toHaveText('1');
  await dashboard.clickBell();
  await dashboard.note('One').getByRole('button', { name: 'Mark read' }).click();
  await expect(other.getByTestId('unread')).toBeHidden();
  await expect(dashboard.note('One'), 'the focus is not lost with the button').toBeFocused();
  await elsewhere.close();
});
