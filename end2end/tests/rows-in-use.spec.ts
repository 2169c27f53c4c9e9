// Nothing moves under a hand: while a pointer or the focus is in a list, its rows keep their places, and what is new waits and says so.

import { expect, test } from '../fixtures/test';

test('new orders wait while the pointer is over the table, and come when it has left', async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const order = await customer.placeOrder({ mug: 1 });
  const staffConsole = await ops.signIn();
  const pack = staffConsole.button(`Pack order ${order.number}`);
  await pack.hover();
  const before = await pack.boundingBox();
  for (let more = 0; more < 3; more += 1) await customer.placeOrder({ tea: 1 });
  await expect(staffConsole.waitingOrders).toHaveText('3 new orders');
  await expect(staffConsole.waitingOrders.locator('..')).toHaveRole('status');
  expect(await pack.boundingBox(), 'the button is where it was').toEqual(before);
  await staffConsole.page.mouse.down();
  await staffConsole.page.mouse.up();
  await expect(staffConsole.status(order.number)).toHaveText('Packed');
  await expect(staffConsole.orders).toHaveCount(1);

  await staffConsole.account.focus();
  await staffConsole.movePointerAway();
  await expect(staffConsole.orders).toHaveCount(4);
  await expect(staffConsole.waitingOrders).toBeHidden();
  await customer.placeOrder({ kettle: 1 });
  await expect(staffConsole.orders, 'without use they come at once').toHaveCount(5);
});

test('the button shows the orders that wait, and the next ones wait again', { tag: '@phone' }, async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const order = await customer.placeOrder({ mug: 1 });
  const staffConsole = await ops.signIn();
  await staffConsole.button(`Pack order ${order.number}`).focus();
  await customer.placeOrder({ tea: 1 });
  await expect(staffConsole.waitingOrders).toHaveText('1 new order');
  await staffConsole.waitingOrders.focus();
  await staffConsole.page.keyboard.press('Enter');
  await expect(staffConsole.orders).toHaveCount(2);
  await expect(staffConsole.waitingOrders).toBeHidden();
  expect(await staffConsole.page.evaluate(() => document.activeElement?.tagName), 'the focus is not lost with the button').not.toBe('BODY');
  await staffConsole.button(`Pack order ${order.number}`).focus();
  await customer.placeOrder({ tea: 1 });
  await expect(staffConsole.waitingOrders).toHaveText('1 new order');
  await staffConsole.account.focus();
  await expect(staffConsole.orders).toHaveCount(3);
});

test('the last row of a full page stays while it has the focus', async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const first = await customer.placeOrder({ mug: 1 });
  for (let more = 1; more < 100; more += 1) await customer.placeOrder({ tea: 1 });
  const staffConsole = await ops.signIn();
  const last = staffConsole.order(first.number);
  await last.focus();
  await customer.placeOrder({ kettle: 1 });
  await expect(staffConsole.waitingOrders).toHaveText('1 new order');
  await expect(last).toBeFocused();
  await staffConsole.page.keyboard.press('a');
  await expect(staffConsole.status(first.number)).toHaveText('Packed');
  await staffConsole.account.focus();
  await expect(last).toHaveCount(0);
  await expect(staffConsole.orders).toHaveCount(100);
});

test('a row that does not match the filter any more fades, and leaves when nobody is at it', async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const [order, other] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  await ops.signIn();
  const staffConsole = ops.tab;
  await staffConsole.page.goto('/console?status=placed');
  await staffConsole.waitUntilLive();
  const row = staffConsole.order(order.number);
  await staffConsole.button(`Pack order ${order.number}`).click();
  await expect(staffConsole.status(order.number)).toHaveText('Packed');
  await expect(row).toHaveAttribute('data-leaving', 'true');
  await staffConsole.account.focus();
  await expect(row, 'the pointer is at it still').toBeVisible();
  await staffConsole.movePointerAway();
  await expect(row).toHaveCount(0);
  await expect(staffConsole.order(other.number)).toHaveAttribute('data-leaving', 'false');
});

test("a customer's orders wait alike", { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const customer = await signInToApi('ada');
  const order = await customer.placeOrder({ mug: 1 });
  const dashboard = await ada.signIn();
  await dashboard.cancel(order.number).focus();
  await customer.placeOrder({ tea: 1 });
  await expect(dashboard.waitingOrders).toHaveText('1 new order');
  await expect(dashboard.orders).toHaveCount(1);
  await dashboard.account.focus();
  await expect(dashboard.orders).toHaveCount(2);
});

test('notifications wait while the open list is in use', async ({ ada, signInToApi }) => {
  const staff = await signInToApi('ops');
  await staff.notify('ada', 'One', 'A message from staff.');
  const dashboard = await ada.signIn();
  await dashboard.toggleNotifications();
  await dashboard.notification('One').getByRole('button', { name: 'Mark as read' }).hover();
  await staff.notify('ada', 'Two', 'A message from staff.');
  await expect(dashboard.button('1 new notification')).toBeVisible();
  await expect(dashboard.notifications).toHaveCount(1);
  await dashboard.button('1 new notification').click();
  await expect(dashboard.notifications).toHaveCount(2);
});
