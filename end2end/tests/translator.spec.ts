// Live texts survive a browser's translator, which puts elements of its own in the place of each text node (Chrome: `<font><font>`).

import { expect, test } from '../fixtures/stream-proxy';
import { translate } from '../fixtures/translator';

// A browser reports each refused or broken request.
test.use({ allowedConsoleErrors: /status of 422|net::ERR_/ });

test('each live text of the dashboard and the console goes on to change', { tag: '@phone' }, async ({ ada, ops, streamProxy, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const order = await customer.placeOrder({ mug: 1 });
  await staff.notify('ada', 'One', 'A message from staff.');
  const [dashboard, staffConsole] = await Promise.all([ada.signIn(), ops.signIn()]);
  await dashboard.toggleNotifications();
  for (const tab of [dashboard, staffConsole]) await translate(tab.page);

  await staffConsole.button(`Pack order ${order.number}`).click();
  for (const tab of [dashboard, staffConsole]) await expect(tab.status(order.number)).toHaveText('Packed');
  await expect(dashboard.unreadCount).toHaveText('2');
  await expect(staffConsole.button(`Ship order ${order.number}`)).toHaveText('Ship');
  await expect(staffConsole.statusTab('Packed 1')).toBeVisible();
  await expect(staffConsole.figure('Open orders')).toContainText('1');
  await customer.placeOrder({ tea: 2 });
  await expect(staffConsole.figure('Open orders').locator('strong')).toHaveText('2');
  await expect(staffConsole.waitingOrders).toHaveText('1 new order');
  await expect(staffConsole.figure('Revenue today').locator('strong')).toHaveText('$35.80');
  await expect(staffConsole.figure('Open connections').locator('strong')).toHaveText('2');
  await expect(staffConsole.figure('Events per second').locator('strong')).not.toHaveText('0.0');

  const { notifyForm } = staffConsole;
  await notifyForm.title.fill('Hello');
  await notifyForm.message.fill('Anybody?');
  await expect(notifyForm.preview.locator('strong')).toHaveText('Hello');
  await notifyForm.user.fill('ada');
  await notifyForm.submit.click();
  await expect(notifyForm.region.getByRole('status')).toHaveText('Sent.');
  const { number } = await customer.placeOrder({ tea: 1 });
  await staffConsole.select(number).check();
  await expect(staffConsole.advanceSelected).toHaveText('Pack 1');

  streamProxy.holdStreams();
  streamProxy.breakStreams();
  await dashboard.expectState('waiting');
  await expect(dashboard.connection.getByRole('status')).toHaveText(/^Reconnecting in \d+ s$/);
  await expect(dashboard.retryNow).toHaveText('Retry now');
  streamProxy.releaseStreams();
  await dashboard.retryNow.click();
  await expect(dashboard.connection.getByRole('status')).toHaveText(/^(Live|Caught up on \d+ events?)$/);
});

test('and so do those of the wire page', async ({ ada, signInToApi }) => {
  await ada.signIn();
  const wire = await ada.openWire();
  await translate(wire.page);
  const cursor = await wire.cursor.textContent();
  await (await signInToApi('ops')).notify('ada', 'One', 'A message from staff.');
  await expect(wire.events).toHaveCount(2);
  await expect(wire.cursor).not.toHaveText(cursor!);
  await wire.button('Pause').click();
  await expect(wire.button('Resume')).toBeVisible();
  await wire.disconnect.click();
  await expect(wire.disconnect).toHaveText('Reconnect');
  await wire.filter.fill('nothing');
});
