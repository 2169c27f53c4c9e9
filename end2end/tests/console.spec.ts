// The staff's console: orders found, chosen and moved on by mouse and keyboard; figures and connections that live.

import { expect, test } from '../fixtures/test';

// A browser reports each refusal.
test.use({ expectedComplaints: /status of (404|422)/ });

test('orders are searched for and shown by status; a new one shows only where it belongs', { tag: '@phone' }, async ({ ops, caller }) => {
  const [ada, grace] = [await caller('ada'), await caller('grace')];
  const mug = await ada.placeOrder('mug:2');
  const tea = await grace.placeOrder('tea:1');
  const desk = await ops.signIn();
  await expect(desk.orders).toHaveCount(2);

  await desk.page.getByRole('searchbox', { name: 'Search orders' }).fill('stoneWARE');
  await desk.button('Search').click();
  await expect(desk.page).toHaveURL('/console?q=stoneWARE');
  await desk.live();
  await expect(desk.orders).toHaveCount(1);
  await expect(desk.order(mug.number)).toBeVisible();
  const another = await grace.placeOrder('mug:1');
  await expect(desk.order(another.number)).toBeVisible();
  const kettle = await grace.placeOrder('kettle:1');
  await expect(desk.page.getByRole('link', { name: 'All 4' }), 'it is counted').toBeVisible();
  await expect(desk.order(kettle.number), 'but not shown').toHaveCount(0);

  await desk.page.goto(`/console?q=${tea.number}`);
  await expect(desk.orders).toHaveCount(1);
  await desk.page.goto('/console?q=100%25');
  await expect(desk.page.getByText('No orders here.')).toBeVisible();

  await desk.page.goto('/console');
  await desk.page.getByRole('link', { name: 'Placed 4' }).click();
  await expect(desk.page).toHaveURL('/console?status=placed');
  await desk.live();
  await desk.button(`Pack order ${tea.number}`).click();
  await expect(desk.status(tea.number), 'what is shown stays under the hand').toHaveText('Packed');
  await expect(desk.page.getByRole('link', { name: 'Packed 1' })).toBeVisible();
  await desk.page.reload();
  await expect(desk.orders).toHaveCount(3);
});

test('several orders are advanced together; one that cannot be keeps none back', { tag: '@phone' }, async ({ ada, ops, caller }) => {
  const [customer, staff] = [await caller('ada'), await caller('ops')];
  const orders = [await customer.placeOrder('mug:1'), await customer.placeOrder('tea:1'), await customer.placeOrder('kettle:1')];
  await customer.cancelOrder(orders[1]!);
  const [dashboard, desk] = await Promise.all([ada.signIn(), ops.signIn()]);
  for (const order of orders) await desk.page.getByLabel(`Select order ${order.number}`).check();
  await desk.button('Advance the selected').click();
  await expect(desk.page.getByText(`2 advanced; order ${orders[1]!.number} is cancelled already.`)).toBeVisible();
  for (const tab of [desk, dashboard]) {
    await expect(tab.status(orders[0]!.number)).toHaveText('Packed');
    await expect(tab.status(orders[2]!.number)).toHaveText('Packed');
  }
  for (const order of orders) await expect(desk.page.getByLabel(`Select order ${order.number}`)).not.toBeChecked();
  await desk.button('Advance the selected').click();
  await expect(desk.page.getByText('choose at least one order')).toBeVisible();
  await staff.notify('ada', 'Still', 'live');
  await expect(dashboard.toast('Still')).toBeVisible();
});

test('the table is worked by keyboard, and a live change takes nobody the focus', { tag: '@phone' }, async ({ ops, caller }) => {
  const customer = await caller('ada');
  const [first, second] = [await customer.placeOrder('mug:1'), await customer.placeOrder('tea:2')];
  const desk = await ops.signIn();
  const { keyboard } = desk.page;

  await keyboard.press('j');
  await expect(desk.order(second.number)).toBeFocused();
  await keyboard.press('j');
  await expect(desk.order(first.number)).toBeFocused();
  await keyboard.press('j');
  await expect(desk.order(first.number), 'there is none after the last').toBeFocused();
  await keyboard.press('k');
  await expect(desk.order(second.number)).toBeFocused();
  await keyboard.press('Enter');
  await expect(desk.order(second.number).getByText('$17.80').last()).toBeVisible();
  await keyboard.press('x');
  await expect(desk.page.getByLabel(`Select order ${second.number}`)).toBeChecked();
  for (const status of ['Packed', 'Shipped', 'Delivered']) {
    await keyboard.press('a');
    await expect(desk.status(second.number)).toHaveText(status);
    await expect(desk.order(second.number)).toBeFocused();
  }

  // The button that was pressed goes away with the last step: the focus stays in its row.
  const deliver = async () => desk.button(`${{ placed: 'Pack', packed: 'Ship' }[await status()] ?? 'Deliver'} order ${first.number}`);
  const status = async () => (await desk.status(first.number).getAttribute('data-status'))!;
  for (let step = 0; step < 3; step += 1) {
    const before = await status();
    await (await deliver()).focus();
    await keyboard.press('Enter');
    await expect(desk.status(first.number)).not.toHaveAttribute('data-status', before);
  }
  await expect(desk.order(first.number)).toBeFocused();
  await customer.placeOrder('kettle:1');
  await expect(desk.orders).toHaveCount(3);
  await expect(desk.order(first.number)).toBeFocused();

  await keyboard.press('/');
  await expect(desk.page.getByRole('searchbox', { name: 'Search orders' })).toBeFocused();
  await keyboard.type('j?');
  await expect(desk.page.getByRole('searchbox', { name: 'Search orders' })).toHaveValue('j?');
  await desk.order(first.number).focus();
  await keyboard.press('?');
  await expect(desk.page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  await keyboard.press('Escape');
  await expect(desk.page.getByRole('dialog', { name: 'Keys' })).toBeHidden();
  await expect(desk.order(first.number)).toBeFocused();
});

test('figures live, and say who is connected; a stream that is cut resumes without loss', { tag: '@phone' }, async ({ ada, ops, caller }) => {
  const desk = await ops.signIn();
  const figure = (name: string) => desk.page.getByRole('group', { name });
  await expect(figure('Revenue today')).toContainText('$0.00');
  const customer = await caller('ada');
  const order = await customer.placeOrder('mug:2');
  await expect(figure('Revenue today')).toContainText('$36.00');
  await expect(figure('Open orders')).toContainText('1');
  const staff = await caller('ops');
  for (let more = 0; more < 4; more += 1) await staff.notify('grace', 'More', 'so that there is something to count');
  await expect(figure('Events a second')).toContainText(/[1-9]/);
  await customer.cancelOrder(order);
  await expect(figure('Revenue today')).toContainText('$0.00');
  await expect(figure('Open orders')).toContainText('0');
  await expect(figure('Open streams')).toContainText('1');

  const dashboard = await ada.signIn();
  const connected = desk.page.getByTestId('connected').getByRole('listitem');
  await expect(connected).toHaveCount(2);
  await expect(connected.filter({ hasText: 'ada' })).toContainText(/Chrome on (Linux|Android)/);
  await expect(connected.filter({ hasText: 'ada' })).toContainText('up to date');
  await expect(figure('Open streams')).toContainText('2');
  await dashboard.markDocument();
  await desk.button('Cut this stream of ada').click();
  await expect(dashboard.line).toHaveAttribute('data-state', 'waiting');
  await staff.notify('ada', 'Meanwhile', 'while the line was cut');
  await dashboard.button('Now').click();
  await expect(dashboard.line).toContainText('Caught up: 1 missed');
  await expect(dashboard.note('Meanwhile')).toHaveCount(1);
  await dashboard.expectSameDocument();
});

test('demo traffic is turned on and off', { tag: '@phone' }, async ({ ops }) => {
  const desk = await ops.signIn();
  await desk.page.getByTestId('traffic').click();
  await expect(desk.page.getByTestId('traffic')).toHaveText('Stop');
  await expect(desk.orders.first()).toBeVisible();
  await desk.page.getByTestId('traffic').click();
  await expect(desk.page.getByTestId('traffic')).toHaveText('Start');
});

test('a word is shown before it is sent, and what is wrong with it stands beside its field', { tag: '@phone' }, async ({ ops }) => {
  const desk = await ops.signIn();
  const notify = desk.page.getByRole('region', { name: 'Notify one user' });
  await notify.getByLabel('User').fill('nobody');
  await notify.getByLabel('Title').fill('Hello');
  await expect(notify.locator('.preview')).toContainText('Hello');
  await notify.getByLabel('Message').fill('Is anybody there?');
  await notify.getByRole('button').click();
  await expect(notify.locator('.field', { has: desk.page.getByLabel('User') }).getByRole('alert')).toHaveText('there is no user "nobody"');
  await expect(notify.getByLabel('Title'), 'nothing that was written is lost').toHaveValue('Hello');
  await notify.getByLabel('User').fill('ada');
  await notify.getByRole('button').click();
  await expect(notify.getByText('Sent.')).toBeVisible();
  await expect(notify.getByRole('alert')).toHaveCount(0);
  await expect(notify.locator('.preview')).toBeHidden();
});
