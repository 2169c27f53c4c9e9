// The staff's console: orders are found, selected and advanced by mouse and keyboard; console stats and connections are live.

import { expect, test } from '../fixtures/test';

// A browser reports each refused request.
test.use({ allowedConsoleErrors: /status of (404|422)/ });

test('search and status tabs filter the orders; a new order shows only where it matches', { tag: '@phone' }, async ({ ops, signInToApi }) => {
  const [ada, grace] = [await signInToApi('ada'), await signInToApi('grace')];
  const mug = await ada.placeOrder({ mug: 2 });
  const tea = await grace.placeOrder({ tea: 1 });
  const staffConsole = await ops.signIn();
  await expect(staffConsole.orders).toHaveCount(2);

  await staffConsole.searchFor('stoneWARE');
  await expect(staffConsole.page).toHaveURL('/console?q=stoneWARE');
  await staffConsole.waitUntilLive();
  await expect(staffConsole.orders).toHaveCount(1);
  await expect(staffConsole.order(mug.number)).toBeVisible();
  const another = await grace.placeOrder({ mug: 1 });
  await expect(staffConsole.order(another.number)).toBeVisible();
  const kettle = await grace.placeOrder({ kettle: 1 });
  await expect(staffConsole.statusTab('All 2'), 'the tabs count what the search finds').toBeVisible();
  await expect(staffConsole.order(kettle.number)).toHaveCount(0);

  await staffConsole.page.goto(`/console?q=${tea.number}`);
  await expect(staffConsole.orders).toHaveCount(1);
  await staffConsole.page.goto('/console?q=100%25');
  await expect(staffConsole.page.getByText('No order matches.')).toBeVisible();
  await staffConsole.page.getByRole('link', { name: 'Show all orders' }).click();
  await expect(staffConsole.page).toHaveURL('/console');
  await staffConsole.waitUntilLive();
  await staffConsole.statusTab('Placed 4').click();
  await expect(staffConsole.page).toHaveURL('/console?status=placed');
  await staffConsole.waitUntilLive();
  await staffConsole.button(`Pack order ${tea.number}`).click();
  await expect(staffConsole.status(tea.number), 'a row that does not match any more stays while it is in use').toHaveText('Packed');
  await expect(staffConsole.statusTab('Packed 1')).toBeVisible();
  await staffConsole.page.reload();
  await expect(staffConsole.orders).toHaveCount(3);
});

test('several orders are advanced together, and one that is refused does not stop the others', { tag: '@phone' }, async ({ ada, ops, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const [mug, tea, kettle] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 }), await customer.placeOrder({ kettle: 1 })];
  await customer.cancelOrder(tea);
  const [dashboard, staffConsole] = await Promise.all([ada.signIn(), ops.signIn()]);
  for (const { number } of [mug, tea, kettle]) await staffConsole.select(number).check();
  await expect(staffConsole.advanceSelected, 'not all of them would be packed').toHaveText('Advance 3');
  await staffConsole.advanceSelected.click();
  await expect(staffConsole.moved).toHaveText('2 moved on');
  await expect(staffConsole.refused).toHaveText(`order ${tea.number} is already cancelled`);
  for (const tab of [staffConsole, dashboard]) {
    await expect(tab.status(mug.number)).toHaveText('Packed');
    await expect(tab.status(kettle.number)).toHaveText('Packed');
  }
  for (const { number } of [mug, tea, kettle]) await expect(staffConsole.select(number)).not.toBeChecked();
  await expect(staffConsole.advanceSelected).toBeHidden();
  await staffConsole.clearSelection.click();
  await expect(staffConsole.moved).toBeHidden();
  await staff.notify('ada', 'Still live', 'The stream goes on.');
  await expect(dashboard.toast('Still live')).toBeVisible();
});

test('the table has keyboard shortcuts, and a live change does not take the focus away', { tag: '@phone' }, async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const [first, second] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 2 })];
  const staffConsole = await ops.signIn();
  const { keyboard } = staffConsole.page;

  await keyboard.press('j');
  await expect(staffConsole.order(second.number)).toBeFocused();
  await keyboard.press('j');
  await expect(staffConsole.order(first.number)).toBeFocused();
  await keyboard.press('j');
  await expect(staffConsole.order(first.number), 'the last row keeps the focus').toBeFocused();
  await keyboard.press('k');
  await expect(staffConsole.order(second.number)).toBeFocused();
  await keyboard.press('x');
  await expect(staffConsole.select(second.number)).toBeChecked();
  for (const status of ['Packed', 'Shipped', 'Delivered']) {
    await keyboard.press('a');
    await expect(staffConsole.status(second.number)).toHaveText(status);
    await expect(staffConsole.order(second.number)).toBeFocused();
  }

  // The button disappears with the last step: the focus stays in its row.
  for (const [action, status] of [['Pack', 'Packed'], ['Ship', 'Shipped'], ['Deliver', 'Delivered']] as const) {
    await staffConsole.button(`${action} order ${first.number}`).focus();
    await keyboard.press('Enter');
    await expect(staffConsole.status(first.number)).toHaveText(status);
  }
  await expect(staffConsole.order(first.number)).toBeFocused();
  await customer.placeOrder({ kettle: 1 });
  await expect(staffConsole.waitingOrders).toHaveText('1 new order');
  await expect(staffConsole.order(first.number)).toBeFocused();

  await keyboard.press('Enter');
  await staffConsole.drawer.status.waitFor();
  await expect(staffConsole.drawer.title).toHaveText(`Order ${first.number}`);
  await keyboard.press('Escape');
  await expect(staffConsole.order(first.number)).toBeFocused();

  await keyboard.press('/');
  await expect(staffConsole.search).toBeFocused();
  await expect(staffConsole.orders).toHaveCount(3);
  await keyboard.type('j?');
  await expect(staffConsole.search).toHaveValue('j?');
  await staffConsole.order(first.number).focus();
  await keyboard.press('?');
  await expect(staffConsole.shortcuts).toBeVisible();
  await keyboard.press('Escape');
  await expect(staffConsole.shortcuts).toBeHidden();
  await expect(staffConsole.order(first.number)).toBeFocused();
});

test('four figures have a chart each, which is told in words and draws nothing where nothing was', { tag: '@phone' }, async ({ ops, signInToApi }) => {
  const staffConsole = await ops.signIn();
  const chart = (name: string) => staffConsole.figure(name).getByRole('img');
  const height = (name: string) => chart(name).locator('path').evaluate((path: SVGPathElement) => path.getBBox().height);
  await expect(chart('Revenue today')).toHaveAccessibleName('Last 24 hours: none');
  expect([await height('Revenue today'), await height('Open orders')]).toEqual([0, 0]);
  await expect(staffConsole.figure('Open connections')).toContainText('Last 15 minutes');

  await (await signInToApi('ada')).placeOrder({ mug: 2 });
  await expect(chart('Revenue today')).toHaveAccessibleName('Last 24 hours: at most $36.00, $36.00 at the end');
  await expect(chart('Open orders')).toHaveAccessibleName('New, last 24 hours: at most 1, 1 at the end');
  await expect(chart('Events per second')).toHaveAccessibleName(/^Last 15 minutes: at most \d+, \d+ at the end$/);
  await expect(chart('Open connections')).toHaveAccessibleName('Last 15 minutes: at most 1, 1 at the end');
  for (const name of ['Revenue today', 'Open orders', 'Events per second', 'Open connections']) {
    expect(await height(name), name).toBeGreaterThan(0);
  }

  const tops = async () => Promise.all((await staffConsole.figures.all()).map(async (figure) => Math.round((await figure.boundingBox())!.y)));
  for (const [width, rows] of [[1_280, 1], [768, 2], [360, 2]] as const) {
    await staffConsole.page.setViewportSize({ width, height: 800 });
    expect(new Set(await tops()).size, `rows at ${width} pixels`).toBe(rows);
  }
});

test('console stats are live, and a disconnected stream resumes without loss', { tag: '@phone' }, async ({ ada, ops, signInToApi }) => {
  const staffConsole = await ops.signIn();
  await expect(staffConsole.figure('Revenue today')).toContainText('$0.00');
  const customer = await signInToApi('ada');
  const order = await customer.placeOrder({ mug: 2 });
  await expect(staffConsole.figure('Revenue today')).toContainText('$36.00');
  await expect(staffConsole.figure('Open orders')).toContainText('1');
  const staff = await signInToApi('ops');
  for (let more = 0; more < 4; more += 1) await staff.notify('grace', 'One more', 'So that there is something to count.');
  await expect(staffConsole.figure('Events per second')).toContainText(/[1-9]/);
  await customer.cancelOrder(order);
  await expect(staffConsole.figure('Revenue today')).toContainText('$0.00');
  await expect(staffConsole.figure('Open orders')).toContainText('0');
  await expect(staffConsole.figure('Open connections')).toContainText('1');

  const dashboard = await ada.signIn();
  const connection = staffConsole.connections.filter({ hasText: 'ada' });
  await expect(staffConsole.connections).toHaveCount(2);
  await expect(connection).toContainText(/Chrome on (Linux|Android)/);
  await expect(connection).toContainText('up to date');
  await expect(staffConsole.figure('Open connections')).toContainText('2');
  await dashboard.markDocument();
  await connection.getByRole('button', { name: 'Disconnect ada' }).click();
  await dashboard.expectState('waiting');
  await staff.notify('ada', 'Meanwhile', 'Sent while the stream was disconnected.');
  await dashboard.retryNow.click();
  await dashboard.expectCaughtUp(1);
  await expect(dashboard.notification('Meanwhile')).toHaveCount(1);
  await dashboard.expectSameDocument();
});

test('demo traffic is started and stopped', { tag: '@phone' }, async ({ ops }) => {
  const staffConsole = await ops.signIn();
  await staffConsole.demoTraffic.click();
  await expect(staffConsole.demoTraffic).toHaveText('Stop');
  await expect(staffConsole.orders.first()).toBeVisible();
  await staffConsole.demoTraffic.click();
  await expect(staffConsole.demoTraffic).toHaveText('Start');
});

test('the user of a message is completed from the names of users', { tag: '@phone' }, async ({ ops }) => {
  const staffConsole = await ops.signIn();
  const list = staffConsole.page.locator(`#${await staffConsole.notifyForm.user.getAttribute('list')}`);
  expect(await list.locator('option').evaluateAll((names) => names.map((name) => (name as HTMLOptionElement).value))).toEqual(['ada', 'grace', 'ops']);
});

test('a message has a preview, and an error stands beside its field', { tag: '@phone' }, async ({ ops }) => {
  const { notifyForm } = await ops.signIn();
  await notifyForm.user.fill('nobody');
  await notifyForm.title.fill('Hello');
  await expect(notifyForm.preview).toContainText('Hello');
  await notifyForm.message.fill('Is anybody there?');
  await notifyForm.submit.click();
  await expect(notifyForm.region.getByRole('alert')).toHaveText('there is no user "nobody"');
  await expect(notifyForm.user).toHaveAccessibleDescription('there is no user "nobody"');
  await expect(notifyForm.user).toHaveAttribute('aria-invalid', 'true');
  await expect(notifyForm.title, 'what was typed is kept').toHaveValue('Hello');
  await notifyForm.user.fill('ada');
  await notifyForm.submit.click();
  await expect(notifyForm.region.getByText('Sent.')).toBeVisible();
  await expect(notifyForm.region.getByRole('alert')).toHaveCount(0);
  await expect(notifyForm.user).toHaveAttribute('aria-invalid', 'false');
  await expect(notifyForm.preview).toBeHidden();
});
