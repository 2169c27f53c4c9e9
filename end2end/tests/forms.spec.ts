// Forms on a live page: one press is one step, nothing that was typed is lost, and an error is shown where the press was.

import type { Page, Route } from '@playwright/test';
import { PageClock } from '../fixtures/page-clock';
import { expect, test } from '../fixtures/stream-proxy';

// A browser reports each refused or broken request.
test.use({ allowedConsoleErrors: /status of (401|404|409|422)|net::ERR_|was preloaded using link preload but not used/ });

test('a double click is one step', { tag: '@phone' }, async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const order = await customer.placeOrder({ mug: 1 });
  const staffConsole = await ops.signIn();
  const requests = countRequests(staffConsole.page, '/api/advance_order');
  await staffConsole.button(`Pack order ${order.number}`).dblclick();
  await expect(staffConsole.status(order.number)).toHaveText('Packed');

  // A single click is answered after anything that the second click had sent.
  const other = await customer.placeOrder({ tea: 1 });
  await staffConsole.waitingOrders.click();
  await staffConsole.button(`Pack order ${other.number}`).click();
  await expect(staffConsole.status(other.number)).toHaveText('Packed');
  await expect(staffConsole.status(order.number)).toHaveText('Packed');
  expect(requests()).toBe(2);
});

test('a form that waits for its response takes no other press', { tag: '@phone' }, async ({ ops, signInToApi }) => {
  const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
  const staffConsole = await ops.signIn();
  const requests = countRequests(staffConsole.page, '/api/advance_order');
  const held = await holdRequests(staffConsole.page, '**/api/advance_order');
  const pack = staffConsole.button(`Pack order ${order.number}`);
  await pack.click();
  await expect(staffConsole.order(order.number).locator('form[aria-busy=true]')).toHaveCount(1);
  await pack.click();
  await pack.press('Enter');
  await expect(pack, 'the focus is kept').toBeFocused();
  await (await held()).continue();
  await expect(staffConsole.status(order.number)).toHaveText('Packed');
  await expect(staffConsole.order(order.number).locator('form[aria-busy=true]')).toHaveCount(0);
  expect(requests()).toBe(1);
});

test('an order whose row shows the last step takes the next press before the answer to it', { tag: '@phone' }, async ({ ops, signInToApi }) => {
  const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
  const staffConsole = await ops.signIn();
  let answer = (): void => {};
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const holdAnswer = async (route: Route): Promise<void> => {
    const response = await route.fetch();
    await answered;
    await route.fulfill({ response });
  };
  await staffConsole.page.route('**/api/advance_order', holdAnswer, { times: 1 });
  await staffConsole.button(`Pack order ${order.number}`).click();
  await staffConsole.button(`Ship order ${order.number}`).click();
  await expect(staffConsole.status(order.number)).toHaveText('Shipped');
  answer();
  await expect(staffConsole.order(order.number).locator('form[aria-busy=true]')).toHaveCount(0);
  await expect(staffConsole.status(order.number), 'the late answer changes nothing').toHaveText('Shipped');
  await staffConsole.button(`Deliver order ${order.number}`).click();
  await expect(staffConsole.status(order.number)).toHaveText('Delivered');
});

test('a held key is one step', async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const order = await customer.placeOrder({ mug: 1 });
  const staffConsole = await ops.signIn();
  const { keyboard } = staffConsole.page;
  const requests = countRequests(staffConsole.page, '/api/advance_order');

  await staffConsole.order(order.number).focus();
  // Each `down` after the first is a repeat.
  await keyboard.down('a');
  await expect(staffConsole.status(order.number)).toHaveText('Packed');
  await keyboard.down('a');
  await keyboard.up('a');
  await staffConsole.button(`Ship order ${order.number}`).focus();
  await keyboard.down('Enter');
  await expect(staffConsole.status(order.number)).toHaveText('Shipped');
  await keyboard.down('Enter');
  await keyboard.up('Enter');

  const other = await customer.placeOrder({ tea: 1 });
  await staffConsole.waitingOrders.click();
  await staffConsole.button(`Pack order ${other.number}`).click();
  await expect(staffConsole.status(other.number)).toHaveText('Packed');
  await expect(staffConsole.status(order.number)).toHaveText('Shipped');
  expect(requests()).toBe(3);
});

test('what is typed while a form waits for its response is kept', { tag: '@phone' }, async ({ ops }) => {
  const { notifyForm, page } = await ops.signIn();
  const held = await holdRequests(page, '**/api/notify_user');
  await notifyForm.user.fill('ada');
  await notifyForm.title.fill('First');
  await notifyForm.message.fill('The first message.');
  await notifyForm.submit.click();
  await notifyForm.title.fill('Second');
  await (await held()).continue();

  await expect(notifyForm.region.getByText('Sent.')).toBeVisible();
  await expect(notifyForm.title).toHaveValue('Second');
  await expect(notifyForm.user, 'what was sent is reset').toHaveValue('');
  await expect(notifyForm.message, 'what was sent is reset').toHaveValue('');
  await expect(notifyForm.preview).toContainText('Second');
  await expect(notifyForm.preview).not.toContainText('The first message.');
});

test('an order that is selected while others are advanced stays selected', { tag: '@phone' }, async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const [mug, tea] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  const staffConsole = await ops.signIn();
  const held = await holdRequests(staffConsole.page, '**/api/advance_orders');
  await staffConsole.select(mug.number).check();
  await staffConsole.advanceSelected.click();
  await staffConsole.select(tea.number).check();
  await (await held()).continue();
  await expect(staffConsole.moved).toHaveText('1 moved on');
  await expect(staffConsole.select(mug.number)).not.toBeChecked();
  await expect(staffConsole.select(tea.number)).toBeChecked();
});

test('a refusal is shown in its row, and the focus is kept', { tag: '@phone' }, async ({ ops, streamProxy, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const [stale, other] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  const staffConsole = await ops.signIn();
  // The page does not learn that the order was shipped.
  streamProxy.silenceStreams();
  for (let step = 0; step < 2; step += 1) await staff.advanceOrder(stale);

  await staffConsole.cancel(stale.number).press('Enter');
  const cancel = staffConsole.confirmCancel(stale.number);
  await cancel.focus();
  await cancel.press('Enter');
  await expect(staffConsole.order(stale.number).getByRole('alert')).toHaveText(/shipped/);
  await expect(staffConsole.status(stale.number), 'the row shows what the order is now').toHaveText('Shipped');
  await expect(staffConsole.order(stale.number), 'its button is gone: the focus stays in the row').toBeFocused();
  await expect(staffConsole.page.getByRole('alert'), 'nowhere else').toHaveCount(1);

  await staffConsole.button(`Pack order ${other.number}`).click();
  await expect(staffConsole.status(other.number)).toHaveText('Packed');
  await expect(staffConsole.order(stale.number).getByRole('alert'), "another row's success does not hide it").toBeVisible();
});

test('a form that is sent before the page is hydrated loses nothing, and its refusal goes with the next response', { tag: '@phone' }, async ({ ops }) => {
  const { notifyForm, page } = await ops.signIn();
  const held = await holdRequests(page, '**/*.wasm');
  await page.reload({ waitUntil: 'commit' });
  const wasm = await held();
  await notifyForm.user.fill('nobody');
  await notifyForm.title.fill('Hello');
  await notifyForm.message.fill('Is anybody there?');
  await notifyForm.submit.click();
  await expect(notifyForm.user).toHaveAccessibleDescription('there is no user "nobody"');
  await wasm.abort().catch(() => {});
  await ops.tab.waitUntilHydrated();
  await expect(notifyForm.user).toHaveAccessibleDescription('there is no user "nobody"');
  await expect(notifyForm.message).toHaveValue('Is anybody there?');
  await expect(notifyForm.preview, 'the preview shows what the fields hold').toContainText('Is anybody there?');

  await notifyForm.user.fill('ada');
  await notifyForm.submit.click();
  await expect(notifyForm.region.getByText('Sent.')).toBeVisible();
  await expect(notifyForm.region.getByRole('alert')).toHaveCount(0);
  await expect(notifyForm.user).toHaveAccessibleDescription('');
  for (const field of [notifyForm.user, notifyForm.title, notifyForm.message]) await expect(field).toHaveValue('');
  await expect(notifyForm.preview).toBeHidden();
});

test('a message that is being written when the session ends comes back after the sign-in, and is not sent', async ({ ops, signInToApi }) => {
  const { broadcastForm, page } = await ops.signIn();
  await broadcastForm.title.fill('Early closing');
  await broadcastForm.message.fill('We close at four.');
  const signedOut = await page.request.post('/api/sign_out');
  expect(signedOut.ok()).toBe(true);
  await expect(page).toHaveURL('/sign-in?next=%2Fconsole');
  await ops.signInPage.signIn('ops');
  await ops.tab.waitUntilHydrated();
  await expect(broadcastForm.title).toHaveValue('Early closing');
  await expect(broadcastForm.message).toHaveValue('We close at four.');
  const customer = await signInToApi('ada');
  expect(await customer.unread(), 'it was not sent').toBe(0);
});

test('a request that is not answered is given up', { tag: '@phone' }, async ({ ada }) => {
  const clock = await PageClock.install(ada.tab);
  const dashboard = await ada.signIn();
  const held = await holdRequests(dashboard.page, '**/api/place_order');
  await clock.pause();
  await dashboard.placeOrder('Stoneware mug', 1);
  await held();
  await clock.advance(20_000);
  await expect(dashboard.page.getByText('the server cannot be reached; try again')).toBeVisible();
  await expect(dashboard.quantity('Stoneware mug'), 'what was typed is kept').toHaveValue('1');
});

/** Counts the requests for a path from now on. */
function countRequests(page: Page, path: string): () => number {
  let count = 0;
  page.on('request', (request) => (count += Number(new URL(request.url()).pathname === path)));
  return () => count;
}

/** Holds the next request for `url`. Returns a function that waits for it. */
async function holdRequests(page: Page, url: string): Promise<() => Promise<Route>> {
  let arrive: (route: Route) => void;
  const arrived = new Promise<Route>((resolve) => (arrive = resolve));
  await page.route(url, (route) => arrive(route), { times: 1 });
  return () => arrived;
}
