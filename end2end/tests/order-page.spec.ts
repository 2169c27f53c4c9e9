// The page of an order: what was ordered, who did what when, what its customer was told; and it is live.

import AxeBuilder from '@axe-core/playwright';
import { OrderPage } from '../fixtures/pages/order-page';
import { placeSampleOrders } from '../fixtures/sample-orders';
import { expect, test } from '../fixtures/test';
import { translate } from '../fixtures/translator';

test('an order shows its items, and who did what when', { tag: '@phone' }, async ({ ada, ops, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const order = await customer.placeOrder({ coffee: 2, mug: 1 });
  await staff.advanceOrder(order);
  await Promise.all([ada.signIn(), ops.signIn()]);
  await ada.tab.page.getByRole('link', { name: `Order ${order.number}` }).click();
  const [of, mine] = [new OrderPage(ops.tab.page), new OrderPage(ada.tab.page)];
  await expect(mine.heading).toHaveText(`Order ${order.number}`);
  await expect(mine.page).toHaveTitle(`(1) Order ${order.number} · Orderwire`);
  await expect(mine.status).toHaveText('Packed');
  await expect(mine.items.getByRole('listitem').filter({ hasText: 'Coffee beans' })).toContainText('× 2$29.00');
  await expect(mine.items).toContainText('Total $47.00');
  await expect(mine.timeline).toHaveText([/Placed by you/, /Packed by the shop/, /Order packed.*is packed and waits/]);
  await expect(mine.timeline.first().getByRole('time')).toHaveText('just now');

  await ops.tab.drawer.open(order.number);
  await ops.tab.drawer.openPage.click();
  await expect(of.timeline).toHaveText([/Placed by ada/, /Packed by you/, /Order packed/]);
});

test('what happens to an order shows on its page as on a reload', { tag: '@phone' }, async ({ ada, ops, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const order = await customer.placeOrder({ mug: 1 });
  await Promise.all([ada.signIn(), ops.signIn()]);
  const pages = [new OrderPage(ada.tab.page), new OrderPage(ops.tab.page)];
  for (const page of pages) {
    await page.openLive(order.number);
    await page.markDocument();
  }
  const heading = await pages[0]!.heading.elementHandle();
  for (const status of ['Packed', 'Shipped', 'Delivered']) {
    await staff.advanceOrder(order);
    for (const page of pages) {
      await expect(page.status).toHaveText(status);
      await expect(page.currentStep).toHaveText(status);
      await expect(page.timeline.filter({ hasText: `${status} by` })).toHaveCount(1);
    }
  }
  for (const page of pages) {
    await page.expectSameDocument();
    await expect(page.timeline).toHaveCount(7);
    const live = await page.shown();
    await page.page.reload();
    expect(await page.shown(), 'live is what a reload shows').toEqual(live);
  }
  expect(await heading?.evaluate((node) => node.isConnected).catch(() => 'reloaded')).not.toBe(true);
});

test('an event of another order changes nothing, and elements stay what they are', async ({ ada, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const [order, other] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  await ada.signIn();
  const page = new OrderPage(ada.tab.page);
  await page.openLive(order.number);
  let fetched = 0;
  page.page.on('request', (request) => (fetched += request.url().endsWith(`/orders/${order.number}`) ? 1 : 0));
  const heading = await page.heading.elementHandle();
  await page.orderAgain.focus();
  await staff.advanceOrder(other);
  await page.toast('Order packed').waitFor();
  expect(fetched).toBe(0);
  await staff.advanceOrder(order);
  await expect(page.status).toHaveText('Packed');
  expect(await heading!.evaluate((node) => node.isConnected), 'the heading is the same element').toBe(true);
  await expect(page.orderAgain, 'the focus stays').toBeFocused();
});

test('staff move an order on from its page, one step a press, and the customer cancels in place', { tag: '@phone' }, async ({ ada, ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const [order, second] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  await Promise.all([ada.signIn(), ops.signIn()]);
  const page = new OrderPage(ops.tab.page);
  await page.openLive(order.number);
  await page.markDocument();
  await page.button(`Pack order ${order.number}`).dblclick();
  await expect(page.status).toHaveText('Packed');
  await expect(page.timeline.filter({ hasText: 'Packed by you' })).toHaveCount(1);
  const ship = page.button(`Ship order ${order.number}`);
  await expect(ship, 'a double click is one press').toBeVisible();
  await ship.focus();
  await page.page.keyboard.press('Enter');
  await expect(page.status).toHaveText('Shipped');
  await expect(page.button(`Deliver order ${order.number}`), 'the focus stays on the button').toBeFocused();
  await expect(page.button(`Cancel order ${order.number}`)).toBeHidden();
  await page.page.keyboard.press('Enter');
  await expect(page.status).toHaveText('Delivered');
  expect(await page.page.evaluate(() => document.activeElement?.tagName), 'the focus is not lost with the button').not.toBe('BODY');
  await page.expectSameDocument();

  const mine = new OrderPage(ada.tab.page);
  await mine.openLive(second.number);
  await mine.cancel(second.number);
  await expect(mine.status).toHaveText('Cancelled');
  await expect(mine.timeline.last()).toContainText('Cancelled by you');
});

test.describe('with a refusal', () => {
  test.use({ allowedConsoleErrors: /status of 409/ });

  test('a press on what has changed meanwhile says so, and shows what it is now', async ({ ops, signInToApi }) => {
    const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
    const order = await customer.placeOrder({ mug: 1 });
    await ops.signIn();
    const page = new OrderPage(ops.tab.page);
    await page.open(order.number);
    await page.waitUntilHydrated();
    await page.page.evaluate(() => (document.querySelector<HTMLInputElement>('article [name=version]')!.value = '7'));
    await page.button(`Pack order ${order.number}`).click();
    await expect(page.page.getByRole('alert').filter({ hasText: /order \d+ was changed meanwhile.*: it is placed now/ })).toBeVisible();
    await expect(page.page.locator('article [name=version]').first(), 'the version is fetched anew').toHaveValue('1');
    await page.button(`Pack order ${order.number}`).click();
    await expect(page.status).toHaveText('Packed');
    await expect(page.page.getByRole('alert').filter({ hasText: 'meanwhile' })).toBeHidden();
    expect((await staff.advanceOrder(order)).status).toBe('shipped');
  });
});

test('a message is read on the page of its order, and in the bell with it', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const order = await customer.placeOrder({ mug: 1 });
  await staff.advanceOrder(order);
  await ada.signIn();
  await ada.tab.toggleNotifications();
  await ada.tab.notification('Order packed').getByRole('link', { name: 'Order packed' }).click();
  const page = new OrderPage(ada.tab.page);
  await expect(page.page, 'a notification leads to its order').toHaveURL(`/orders/${order.number}`);
  await page.waitUntilLive();
  const entry = page.timeline.filter({ hasText: 'Message to you' });
  await expect(entry).toHaveAttribute('data-read', 'false');
  await entry.getByRole('button', { name: 'Mark as read' }).click();
  await expect(entry).toHaveAttribute('data-read', 'true');
  await expect(page.unreadCount).toBeHidden();
});

test('a toast leads to its order', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const order = await customer.placeOrder({ mug: 1 });
  const dashboard = await ada.signIn();
  await staff.advanceOrder(order);
  await dashboard.toast('Order packed').getByRole('link', { name: 'Order packed' }).click();
  await expect(dashboard.page).toHaveURL(`/orders/${order.number}`);
});

test('the page survives a translator', async ({ ada, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const order = await customer.placeOrder({ mug: 1 });
  await ada.signIn();
  const page = new OrderPage(ada.tab.page);
  await page.openLive(order.number);
  await translate(page.page, 'article');
  await staff.advanceOrder(order);
  await expect(page.status).toHaveText('Packed');
  await expect(page.timeline).toHaveCount(3);
  await expect(page.timeline.first()).toContainText('Placed by you');
});

test.describe('with pages that are not found', () => {
  test.use({ allowedConsoleErrors: /status of 404/ });

  test('an order that does not exist, and that of another user, is a page with status 404 that leads on', { tag: '@phone' }, async ({ ada, ops, signInToApi }) => {
    const [theirs, mine] = [await (await signInToApi('grace')).placeOrder({ tea: 1 }), await (await signInToApi('ada')).placeOrder({ mug: 1 })];
    await Promise.all([ada.signIn(), ops.signIn()]);
    const page = new OrderPage(ada.tab.page);
    for (const order of [9, '01001', 'nothing', theirs.number, theirs.orderId]) {
      const response = await page.page.goto(`/orders/${order}`);
      expect(response?.status(), String(order)).toBe(404);
      await expect(page.page.getByRole('heading', { name: 'No such order' })).toBeVisible();
      await expect(page.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Your orders' })).toBeVisible();
    }
    await page.open(mine.orderId);
    await expect(page.page, 'the id of an order leads to its number').toHaveURL(`/orders/${mine.number}`);
    await ops.tab.page.goto(`/orders/${theirs.orderId}`);
    await expect(ops.tab.page).toHaveURL(`/orders/${theirs.number}`);
  });
});

test('an order again: what was ordered is in the basket', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const order = await (await signInToApi('ada')).placeOrder({ coffee: 2, mug: 1 });
  const dashboard = await ada.signIn();
  const page = new OrderPage(dashboard.page);
  await page.openLive(order.number);
  await page.orderAgain.click();
  await dashboard.waitUntilLive();
  await expect(dashboard.quantity('Coffee beans, 500 g')).toHaveValue('2');
  await expect(dashboard.quantity('Stoneware mug')).toHaveValue('1');
  await expect(dashboard.quantity('Green tea, 100 g')).toHaveValue('0');
  await dashboard.button('Place order').click();
  await expect(dashboard.order(order.number + 1)).toContainText('2 × Coffee beans, 500 g; 1 × Stoneware mug');
  await expect(dashboard.quantity('Coffee beans, 500 g')).toHaveValue('0');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false, allowedConsoleErrors: /was preloaded using link preload but not used/ });

  test('an order is shown, moved on, cancelled and ordered again', { tag: '@phone' }, async ({ ada, ops, signInToApi }) => {
    const customer = await signInToApi('ada');
    const [order, second] = [await customer.placeOrder({ coffee: 2, mug: 1 }), await customer.placeOrder({ tea: 1 })];
    for (const user of [ada, ops]) {
      await user.signInPage.open();
      await user.signInPage.signIn(user.name);
      await expect(user.tab.username).toHaveCount(1);
    }
    const page = new OrderPage(ops.tab.page);
    await page.open(order.number);
    await page.button(`Pack order ${order.number}`).click();
    await expect(page.page).toHaveURL(`/orders/${order.number}`);
    await expect(page.status).toHaveText('Packed');
    await expect(page.page.locator('.notice')).toContainText(`Order ${order.number}`);
    await expect(page.timeline).toHaveText([/Placed by ada/, /Packed by you/, /Order packed/]);

    const mine = new OrderPage(ada.tab.page);
    await mine.open(second.number);
    await mine.cancel(second.number);
    await expect(mine.status).toHaveText('Cancelled');
    await mine.open(order.number);
    await mine.button('Mark as read').first().click();
    await mine.open(order.number);
    await expect(mine.timeline.last()).toHaveAttribute('data-read', 'true');
    await mine.orderAgain.click();
    await expect(ada.tab.quantity('Coffee beans, 500 g')).toHaveValue('2');
    await ada.tab.button('Place order').click();
    await expect(ada.tab.page, 'the basket is empty again').toHaveURL('/');
    await expect(ada.tab.quantity('Coffee beans, 500 g')).toHaveValue('0');
    await expect(ada.tab.order(second.number + 1)).toBeVisible();
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(() => {
    test.use({ colorScheme });

    test(`axe-core finds nothing on the page of an order in ${colorScheme}`, colorScheme === 'light' ? { tag: '@phone' } : {}, async ({ ada, ops, signInToApi }) => {
      const [cancelled, packed, , delivered] = await placeSampleOrders(await signInToApi('ada'), await signInToApi('ops'));
      await Promise.all([ada.signIn(), ops.signIn()]);
      for (const [user, order] of [[ada, cancelled!], [ops, packed!], [ada, delivered!]] as const) {
        const page = new OrderPage(user.tab.page);
        await page.openLive(order.number);
        const { violations } = await new AxeBuilder({ page: page.page }).analyze();
        expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => target.join(' '))])).toEqual([]);
        const sideways = await page.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(sideways, 'nothing is cut off').toBe(0);
      }
    });
  });
}
