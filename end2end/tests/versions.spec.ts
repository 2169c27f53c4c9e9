// One press is one step, also on a page that is out of date: each form sends the version that its row shows, and each message has a key.

import type { Page, Route } from '@playwright/test';
import { expect, test } from '../fixtures/stream-proxy';

// A browser reports each refused or broken request, and a preloaded script that it did not run.
test.use({ allowedConsoleErrors: /status of 409|net::ERR_|was preloaded using link preload but not used/ });

test('of two who press the same button, one moves the order; the other is told in the row what it is now', { tag: '@phone' }, async ({ ops, streamProxy, signInToApi }) => {
  const { number } = await (await signInToApi('ada')).placeOrder({ mug: 1 });
  const first = await ops.signIn();
  const second = await ops.newTab();
  // Neither page learns by an event what the other does.
  streamProxy.silenceStreams();
  await first.button(`Pack order ${number}`).click();
  await expect(first.status(number)).toHaveText('Packed');

  const press = second.button(`Pack order ${number}`);
  await press.focus();
  await press.press('Enter');
  const row = second.order(number);
  await expect(row.getByRole('alert')).toHaveText(`order ${number} was changed meanwhile by ops: it is packed now`);
  await expect(second.page.getByRole('alert'), 'nowhere else').toHaveCount(1);
  await expect(second.status(number), 'the row shows what the order is now').toHaveText('Packed');
  await expect(second.button(`Ship order ${number}`), 'the focus is kept').toBeFocused();

  await second.button(`Ship order ${number}`).click();
  await expect(second.status(number)).toHaveText('Shipped');
  await expect(row.getByRole('alert')).toHaveCount(0);
});

test('a customer whose order has moved on is told so instead of cancelling it', { tag: '@phone' }, async ({ ada, streamProxy, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const order = await customer.placeOrder({ mug: 1 });
  const dashboard = await ada.signIn();
  streamProxy.silenceStreams();
  await staff.advanceOrder(order);
  await dashboard.cancel(order.number).click();
  const cancel = dashboard.confirmCancel(order.number);
  await cancel.click();
  await expect(dashboard.order(order.number).getByRole('alert')).toHaveText(`order ${order.number} was changed meanwhile: it is packed now`);
  await expect(dashboard.status(order.number)).toHaveText('Packed');
  await cancel.click();
  await expect(dashboard.status(order.number)).toHaveText('Cancelled');
});

test('a selected order is advanced in the version that its row shows', { tag: '@phone' }, async ({ ops, streamProxy, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const order = await customer.placeOrder({ mug: 1 });
  const staffConsole = await ops.signIn();
  await staffConsole.select(order.number).check();
  await staff.advanceOrder(order);
  await expect(staffConsole.status(order.number)).toHaveText('Packed');
  await expect(staffConsole.select(order.number), 'an event does not deselect it').toBeChecked();
  await staffConsole.advanceSelected.click();
  await expect(staffConsole.moved).toHaveText('1 moved on');
  await expect(staffConsole.status(order.number)).toHaveText('Shipped');
  await expect(staffConsole.select(order.number)).not.toBeChecked();

  streamProxy.silenceStreams();
  await staff.advanceOrder(order);
  await staffConsole.select(order.number).check();
  await staffConsole.advanceSelected.click();
  await expect(staffConsole.refused).toHaveText(`order ${order.number} was changed meanwhile by ops: it is delivered now`);
  await expect(staffConsole.moved).toHaveText('0 moved on');
});

test('a message whose answer was lost is sent once, however often it is pressed', { tag: '@phone' }, async ({ ada, ops, signInToApi }) => {
  const dashboard = await ada.signIn();
  const { broadcastForm, page } = await ops.signIn();
  await loseNextAnswer(page, '**/api/broadcast');
  await broadcastForm.title.fill('Early closing');
  await broadcastForm.message.fill('We close at four today.');
  await broadcastForm.submit.click();
  await expect(broadcastForm.region.getByRole('alert')).toHaveText('the server cannot be reached; try again');
  await expect(dashboard.toast('Early closing')).toBeVisible();
  await broadcastForm.submit.press('Enter');
  await expect(broadcastForm.region.getByText('Sent.')).toBeVisible();
  // An event that comes later shows that nothing else has come before it.
  const staff = await signInToApi('ops');
  await staff.notify('ada', 'Afterwards', 'All that was sent before is here.');
  await expect(dashboard.notification('Afterwards')).toHaveCount(1);
  await expect(dashboard.notification('Early closing')).toHaveCount(1);

  // The next message is another one, also where it says the same.
  await broadcastForm.title.fill('Early closing');
  await broadcastForm.message.fill('We close at four today.');
  await broadcastForm.submit.press('Enter');
  await expect(dashboard.notification('Early closing')).toHaveCount(2);
});

test('a message that was changed after its answer was lost is sent at the second press', { tag: '@phone' }, async ({ ada, ops }) => {
  const dashboard = await ada.signIn();
  const { broadcastForm, page } = await ops.signIn();
  await loseNextAnswer(page, '**/api/broadcast');
  await broadcastForm.title.fill('Early closing');
  await broadcastForm.message.fill('We close at four today.');
  await broadcastForm.submit.click();
  await expect(broadcastForm.region.getByRole('alert')).toHaveText('the server cannot be reached; try again');
  await broadcastForm.title.fill('Late closing');
  await broadcastForm.submit.press('Enter');
  await expect(broadcastForm.region.getByRole('alert')).toHaveText(/"Early closing" was sent/);
  await broadcastForm.submit.press('Enter');
  await expect(broadcastForm.region.getByText('Sent.')).toBeVisible();
  await expect(dashboard.toast('Late closing')).toBeVisible();
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a double click is one step, and a stale page is told what the order is now', { tag: '@phone' }, async ({ ops, signInToApi }) => {
    const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
    const [twice, stale] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
    await ops.signInPage.open();
    await ops.signInPage.signIn(ops.name);
    const staffConsole = ops.tab;
    await staffConsole.button(`Pack order ${twice.number}`).dblclick();
    await expect(staffConsole.status(twice.number)).toHaveText('Packed');
    expect((await staff.advanceOrder(twice)).status, 'it was moved one step').toBe('shipped');

    // Opened anew, so that nothing of the double click is under way any more.
    await staffConsole.page.goto('/console');
    await staff.advanceOrder(stale);
    await staffConsole.button(`Pack order ${stale.number}`).click();
    const row = staffConsole.order(stale.number);
    await expect(row.getByRole('alert')).toHaveText(`order ${stale.number} was changed meanwhile by ops: it is packed now`);
    await expect(staffConsole.page.getByRole('alert'), 'nowhere else').toHaveCount(1);
    await expect(staffConsole.status(stale.number)).toHaveText('Packed');
  });

  test('a message is sent once, also by a double click', { tag: '@phone' }, async ({ ada, ops, signInToApi }) => {
    await ops.signInPage.open();
    await ops.signInPage.signIn(ops.name);
    const { broadcastForm, page } = ops.tab;
    await broadcastForm.title.fill('Early closing');
    await broadcastForm.message.fill('We close at four today.');
    await broadcastForm.submit.dblclick();
    await expect(broadcastForm.title, 'the form was sent').toHaveValue('');
    await page.goto('/console');

    // What was sent before has come before it.
    await (await signInToApi('ops')).notify('ada', 'Afterwards', 'All that was sent before is here.');
    await ada.signInPage.open();
    await ada.signInPage.signIn(ada.name);
    await expect(ada.tab.notification('Afterwards')).toHaveCount(1);
    await expect(ada.tab.notification('Early closing')).toHaveCount(1);
  });
});

/** The next request for `url` arrives; its answer does not. */
async function loseNextAnswer(page: Page, url: string): Promise<void> {
  const lose = async (route: Route) => {
    await route.fetch();
    await route.abort();
  };
  await page.route(url, lose, { times: 1 });
}
