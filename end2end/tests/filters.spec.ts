// The console's filters: search, days, status, sort and page are one state, which stands in the address; counts are those of what is found.

import { readFile } from 'node:fs/promises';
import { bound } from '../fixtures/pages/bound';
import { expect, test } from '../fixtures/test';

/** The day of an order that is placed now, in UTC. */
const today = () => new Date().toISOString().slice(0, 10);

test('the search keeps the status, a tab keeps the search, and each filter is cleared alone', { tag: '@phone' }, async ({ ops, signInToApi }) => {
  const [ada, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const [mug, tea] = [await ada.placeOrder({ mug: 1 }), await ada.placeOrder({ tea: 1 })];
  const packed = await ada.placeOrder({ mug: 3 });
  await staff.advanceOrder(packed);
  const { page, activeFilters, orders, statusTab, searchFor } = bound(await ops.signIn());
  await expect(activeFilters).toBeHidden();
  await statusTab('Placed 2').click();
  await expect(page).toHaveURL('/console?status=placed');
  await searchFor('mug');
  await expect(page, 'the address has no empty field').toHaveURL('/console?status=placed&q=mug');
  await expect(orders).toHaveCount(1);
  await expect(statusTab('All 2'), 'the tabs count what the search finds').toBeVisible();
  await statusTab('Packed 1').click();
  await expect(page).toHaveURL('/console?status=packed&q=mug');
  await expect(ops.tab.order(packed.number)).toBeVisible();
  await expect(activeFilters.getByRole('link')).toHaveCount(3);
  await activeFilters.getByRole('link', { name: 'Clear Status: Packed' }).click();
  await expect(page).toHaveURL('/console?q=mug');
  await expect(orders).toHaveCount(2);
  await activeFilters.getByRole('link', { name: 'Clear Search: “mug”' }).click();
  await expect(page).toHaveURL(/\/console\??$/);
  await expect(orders).toHaveCount(3);

  await page.goto(`/console?q=ada&status=placed&from=${today()}&to=${today()}`);
  await expect(orders).toHaveCount(2);
  await page.goto('/console?q=ada&status=placed&to=2025-12-31');
  await expect(orders).toHaveCount(0);
  await activeFilters.getByRole('link', { name: 'Clear all' }).click();
  await expect(orders).toHaveCount(3);
  await expect(ops.tab.order(mug.number)).toBeVisible();
  await expect(ops.tab.order(tea.number)).toBeVisible();
});

test('counts under a search become true again after an event, also while the table is in use', { tag: '@phone' }, async ({ ops, signInToApi }) => {
  const [ada, grace] = [await signInToApi('ada'), await signInToApi('grace')];
  const order = await ada.placeOrder({ mug: 1 });
  await ops.signIn();
  const staffConsole = ops.tab;
  await staffConsole.page.goto('/console?q=ada');
  await staffConsole.waitUntilLive();
  await staffConsole.markDocument();
  await expect(staffConsole.statusTab('Placed 1')).toBeVisible();
  await staffConsole.order(order.number).focus();
  await ada.placeOrder({ mug: 1 });
  await grace.placeOrder({ mug: 1 });
  await expect(staffConsole.statusTab('Placed 2')).toBeVisible();
  await expect(staffConsole.waitingOrders).toHaveText('1 new order');
  await (await signInToApi('ops')).advanceOrder(order);
  await expect(staffConsole.statusTab('Packed 1')).toBeVisible();
  await expect(staffConsole.statusTab('All 2')).toBeVisible();
  await staffConsole.expectSameDocument();
});

test('days are picked and orders are ticked without JavaScript, too', async ({ browser, server, ops, signInToApi }) => {
  await (await signInToApi('ada')).placeOrder({ mug: 1 });
  await ops.signIn();
  const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled: false, storageState: await ops.context.storageState() });
  const page = await context.newPage();
  await page.goto('/console');
  await page.getByText('Dates').click();
  await page.getByLabel('Placed from').fill(today());
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(page).toHaveURL(`/console?from=${today()}`);
  await expect(page.getByText('1 × Stoneware mug', { exact: true })).toBeVisible();
  await page.getByRole('link', { name: `Clear From ${today()}` }).click();
  await expect(page).toHaveURL(/\/console\??$/);
  await page.getByLabel(/^Select order/).check();
  await page.getByRole('button', { name: 'Advance selected' }).click();
  await expect(page.locator('.notice')).toHaveText('1 packed.');
  await context.close();
});

test('rows are as close as was chosen, also after a reload', async ({ ops, signInToApi }) => {
  const { number } = await (await signInToApi('ada')).placeOrder({ mug: 1 });
  const staffConsole = await ops.signIn();
  const height = async () => (await staffConsole.order(number).boundingBox())?.height ?? 0;
  const before = await height();
  await staffConsole.button('Compact').click();
  await expect(staffConsole.button('Compact')).toHaveAttribute('aria-pressed', 'true');
  expect(await height()).toBeLessThan(before - 8);
  await staffConsole.page.goto('/console?status=placed');
  expect(await height(), 'the server renders it so').toBeLessThan(before - 8);
  await staffConsole.button('Comfortable').click();
  await expect(staffConsole.page, 'it leads back').toHaveURL('/console?status=placed');
  expect(await height()).toBe(before);
});

test('pages lead both ways, and their addresses stay true', async ({ ops, signInToApi }) => {
  test.setTimeout(120_000);
  const customer = await signInToApi('ada');
  const first = await customer.placeOrder({ tea: 1 });
  for (let placed = 1; placed < 250; placed += 10) {
    await Promise.all(Array.from({ length: Math.min(10, 250 - placed) }, () => customer.placeOrder({ mug: 1 })));
  }
  const newest = first.number + 249;
  const { page, orders } = bound(await ops.signIn());
  const range = page.getByRole('navigation', { name: 'Pages of orders' });
  await expect(range).toContainText('1–100');
  await page.getByRole('link', { name: 'Older' }).click();
  await expect(range).toContainText('101–200');
  await expect(orders.first()).toHaveAttribute('data-number', String(newest - 100));
  await ops.tab.waitUntilLive();
  const address = page.url();
  await customer.placeOrder({ kettle: 1 });
  await expect(range, 'a new order stands before them').toContainText('102–201');
  await expect(orders.first()).toHaveAttribute('data-number', String(newest - 100));
  await page.getByRole('link', { name: 'Older' }).click();
  await expect(range).toContainText('202–251');
  await page.getByRole('link', { name: 'Newer' }).click();
  await expect(range).toContainText('102–201');
  await expect(orders.first()).toHaveAttribute('data-number', String(newest - 100));
  await page.getByRole('link', { name: 'Newer' }).click();
  await expect(range).toContainText('2–101');
  await page.getByRole('link', { name: 'Newer' }).click();
  await expect(page, 'fewer than a page stand before them: it is the first page').toHaveURL(/\/console\??$/);
  await expect(orders.first()).toContainText('Pouring kettle');
  await page.goto(address);
  await expect(orders.first()).toHaveAttribute('data-number', String(newest - 100));
});

test('a page of which rows have left is filled up when nobody is at it', async ({ ops, signInToApi }) => {
  test.setTimeout(120_000);
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const first = await customer.placeOrder({ tea: 1 });
  let last = first;
  for (let placed = 1; placed < 101; placed += 1) last = await customer.placeOrder({ mug: 1 });
  await ops.signIn();
  const staffConsole = ops.tab;
  await staffConsole.page.goto('/console?status=placed');
  await staffConsole.waitUntilLive();
  await expect(staffConsole.order(first.number)).toHaveCount(0);
  await staff.advanceOrder(last);
  await expect(staffConsole.order(last.number)).toHaveCount(0);
  await expect(staffConsole.order(first.number), 'from the next page').toBeVisible();
  await expect(staffConsole.orders).toHaveCount(100);
  await expect(staffConsole.page.getByRole('link', { name: 'Older' })).toBeHidden();
});

test('columns sort; what would move then waits until it is asked for', async ({ ops, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const [mug, kettle, tea] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ kettle: 1 }), await customer.placeOrder({ tea: 1 })];
  const { page, orders, column } = bound(await ops.signIn());
  const numbers = () => orders.evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-number'))));
  await expect(column('Order')).toHaveAttribute('aria-sort', 'descending');
  await column('Total').getByRole('link').click();
  await expect(page).toHaveURL('/console?sort=-total');
  await expect(column('Total')).toHaveAttribute('aria-sort', 'descending');
  expect(await numbers()).toEqual([kettle.number, mug.number, tea.number]);
  await column('Total').getByRole('link').click();
  await expect(page).toHaveURL('/console?sort=total');
  expect(await numbers()).toEqual([tea.number, mug.number, kettle.number]);
  await column('Updated').getByRole('link').click();
  await expect(page).toHaveURL('/console?sort=-updated');
  await ops.tab.waitUntilLive();
  await staff.advanceOrder(mug);
  const waiting = page.getByRole('button', { name: '1 order changed · show' });
  await expect(waiting).toBeVisible();
  await expect(ops.tab.status(mug.number), 'the row itself is live').toHaveText('Packed');
  expect(await numbers()).toEqual([tea.number, kettle.number, mug.number]);
  await waiting.click();
  await expect.poll(numbers).toEqual([mug.number, tea.number, kettle.number]);

  await page.goto('/console?q=mug');
  await expect(column('Total').getByRole('link'), 'what a search finds has no such index').toHaveCount(0);
  await column('Order').getByRole('link').click();
  await expect(page).toHaveURL('/console?q=mug&sort=number');
});

test('ticked rows are counted in a bar, all of them can be ticked, and no row moves', { tag: '@phone' }, async ({ ops, signInToApi, isMobile }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const [one, two] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  const staffConsole = await ops.signIn();
  const { advanceSelected, clearSelection, selectAll } = staffConsole;
  await expect(advanceSelected).toBeHidden();
  const before = await staffConsole.order(one.number).boundingBox();
  await staffConsole.select(one.number).check();
  await expect(advanceSelected).toHaveText('Pack 1');
  await expect(staffConsole.page.getByText('1 selected')).toBeVisible();
  expect(await staffConsole.order(one.number).boundingBox()).toEqual(before);
  if (!isMobile) {
    expect(await selectAll.evaluate((box: HTMLInputElement) => box.indeterminate)).toBe(true);
    await selectAll.check();
    await expect(staffConsole.select(two.number)).toBeChecked();
  } else {
    await staffConsole.select(two.number).check();
  }
  await expect(advanceSelected).toHaveText('Pack 2');
  await staff.advanceOrder(two);
  await expect(advanceSelected, 'they are not moved to the same step any more').toHaveText('Advance 2');
  await clearSelection.focus();
  await clearSelection.press('Enter');
  await expect(advanceSelected).toBeHidden();
  await expect(staffConsole.select(one.number)).not.toBeChecked();
  expect(await staffConsole.page.evaluate(() => document.activeElement?.tagName), 'the focus is not lost').not.toBe('BODY');
});

test('cancelling asks first', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
  const dashboard = await ada.signIn();
  await dashboard.cancel(order.number).click();
  await expect(dashboard.order(order.number)).toContainText('This cannot be undone.');
  await expect(dashboard.status(order.number)).toHaveText('Placed');
  await dashboard.cancel(order.number).click();
  await expect(dashboard.confirmCancel(order.number)).toBeHidden();
  await dashboard.cancel(order.number).click();
  await dashboard.confirmCancel(order.number).click();
  await expect(dashboard.status(order.number)).toHaveText('Cancelled');
});

test('what is filtered can be taken as a file', async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const order = await customer.placeOrder({ coffee: 2 });
  await customer.placeOrder({ tea: 1 });
  await ops.signIn();
  const { page } = ops.tab;
  await page.goto('/console?q=coffee');
  const link = page.getByRole('link', { name: 'CSV (first 10,000)' });
  const [file] = await Promise.all([page.waitForEvent('download'), link.click()]);
  expect(file.suggestedFilename()).toBe(`orders-${today()}.csv`);
  const lines = (await readFile(await file.path(), 'utf8')).split('\r\n');
  expect(lines[0]).toBe('number,status,customer,items,total,placed,updated');
  expect(lines[1]).toContain(`${order.number},placed,ada,"2 × Coffee beans, 500 g",29.00,`);
  expect(lines.length).toBe(3);
});
