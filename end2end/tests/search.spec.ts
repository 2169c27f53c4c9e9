// The console's search as one types: the list, the counts and the address follow what the field holds, and the field itself is left alone.

import type { Page, Route } from '@playwright/test';
import { bound } from '../fixtures/pages/bound';
import { expect, test } from '../fixtures/test';

test('what is typed is found, with its address, its counts and its filters; the focus stays', { tag: '@phone' }, async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const [mug, tea] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  const staffConsole = await ops.signIn();
  const { page, search, orders, activeFilters } = staffConsole;
  await staffConsole.markDocument();
  const entries = await page.evaluate(() => history.length);
  await search.pressSequentially('tea');
  await expect(orders).toHaveCount(1);
  await expect(staffConsole.order(tea.number)).toBeVisible();
  await expect(page).toHaveURL('/console?q=tea');
  await expect(staffConsole.statusTab('Placed 1')).toHaveAttribute('href', '?status=placed&q=tea');
  await expect(activeFilters.getByRole('link', { name: 'Clear Search: “tea”' })).toBeVisible();
  await expect(page.getByRole('link', { name: /^CSV/ })).toHaveAttribute('href', '/orders.csv?q=tea');
  await expect(staffConsole.column('Total').getByRole('link'), 'what a search finds is sorted by number only').toHaveCount(0);
  await expect(search).toBeFocused();
  await expect(search).toHaveValue('tea');

  await customer.placeOrder({ mug: 2 });
  const more = await customer.placeOrder({ tea: 2 });
  await expect(staffConsole.order(more.number), 'the page is live still').toBeVisible();
  await expect(orders).toHaveCount(2);
  await expect(staffConsole.statusTab('Placed 2')).toBeVisible();

  await search.fill('');
  await expect(orders).toHaveCount(4);
  await expect(staffConsole.order(mug.number)).toBeVisible();
  await expect(page).toHaveURL(/\/console\??$/);
  await expect(activeFilters).toBeHidden();
  await expect(staffConsole.column('Total').getByText('Total'), 'once').toHaveCount(1);
  expect(await staffConsole.column('Total').textContent()).toBe('Total');
  await staffConsole.expectSameDocument();
  expect(await page.evaluate(() => history.length), 'the history has no entry for it').toBe(entries);
});

test('an empty list says why, and leads somewhere', async ({ ops, signInToApi }) => {
  const staffConsole = await ops.signIn();
  const { page, search } = staffConsole;
  await expect(page.getByText('No orders yet.')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Watch the events' })).toHaveAttribute('href', '/wire');
  await (await signInToApi('ada')).placeOrder({ tea: 1 });
  await expect(staffConsole.orders).toHaveCount(1);
  await expect(page.getByText('No orders yet.')).toBeHidden();
  await search.fill('nothing');
  await expect(page.getByText('No order matches.')).toBeVisible();
  await page.getByRole('link', { name: 'Show all orders' }).click();
  await expect(page).toHaveURL('/console');
  await expect(staffConsole.orders).toHaveCount(1);
});

test('a reload and the way back show what was found', { tag: '@phone' }, async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const [mug, tea] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  const { page, search, order, drawer } = bound(await ops.signIn());
  await search.fill('tea');
  await expect(order(mug.number)).toHaveCount(0);
  await expect(page).toHaveURL('/console?q=tea');
  await drawer.open(tea.number);
  await drawer.openPage.click();
  await expect(page).toHaveURL(`/orders/${tea.number}`);
  await page.goBack();
  await expect(page).toHaveURL('/console?q=tea');
  await expect(search).toHaveValue('tea');
  await expect(order(tea.number)).toBeVisible();
  await expect(order(mug.number)).toHaveCount(0);
  await page.reload();
  await expect(search).toHaveValue('tea');
  await expect(order(tea.number)).toBeVisible();
  await expect(order(mug.number)).toHaveCount(0);
});

test('one request is under way at a time, and what was typed meanwhile is asked for next', async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const [mug, tea] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  const { page, search, order } = bound(await ops.signIn());
  const held = await holdSearches(page);
  await search.fill('mug');
  await expect.poll(() => held.map(queryOf)).toEqual(['mug']);
  await search.fill('te');
  await search.pressSequentially('a');
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)));
  expect(held.map(queryOf), 'no second one beside the first').toEqual(['mug']);
  await held[0]!.continue();
  await expect.poll(() => held.map(queryOf)).toEqual(['mug', 'tea']);
  await expect(order(mug.number)).toBeVisible();
  await held[1]!.continue();
  await expect(order(tea.number)).toBeVisible();
  await expect(order(mug.number)).toHaveCount(0);
  await expect(page).toHaveURL('/console?q=tea');
  await expect(search).toHaveValue('tea');
});

test('no event is lost while a search is under way', async ({ ops, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const tea = await customer.placeOrder({ tea: 1 });
  const { page, search, order, status } = bound(await ops.signIn());
  const held = await holdSearches(page);
  await search.fill('tea');
  await expect.poll(() => held.length).toBe(1);
  const answer = await held[0]!.fetch();
  await staff.advanceOrder(tea);
  const later = await customer.placeOrder({ tea: 2 });
  await expect(order(later.number), 'the page has seen it').toBeVisible();
  await held[0]!.fulfill({ response: answer });
  await expect(page).toHaveURL('/console?q=tea');
  await expect(status(tea.number)).toHaveText('Packed');
  await expect(order(later.number)).toBeVisible();
});

test('a row that has the focus when the answer comes stays until the focus has left', async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const [mug, tea] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  const { page, search, order } = bound(await ops.signIn());
  const held = await holdSearches(page);
  await search.fill('tea');
  await expect.poll(() => held.length).toBe(1);
  await order(mug.number).focus();
  await held[0]!.continue();
  await expect(page).toHaveURL('/console?q=tea');
  await expect(order(mug.number)).toBeFocused();
  await search.focus();
  await expect(order(mug.number)).toHaveCount(0);
  await expect(order(tea.number)).toBeVisible();
});

test('a list that was sorted by total is live again once it is searched', async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  await customer.placeOrder({ mug: 1 });
  await ops.signIn();
  const { page, search, order, orders, waitUntilLive, waitingOrders } = bound(ops.tab);
  await page.goto('/console?status=placed&sort=-total');
  await waitUntilLive();
  await search.fill('mug');
  await expect(page).toHaveURL('/console?status=placed&q=mug');
  const more = await customer.placeOrder({ mug: 2 });
  await expect(order(more.number)).toBeVisible();
  await expect(orders).toHaveCount(2);
  await order(more.number).focus();
  await customer.placeOrder({ mug: 3 });
  await expect(waitingOrders, 'it waits under the name of new orders').toHaveText('1 new order');
});

test.describe('with a refusal', () => {
  test.use({ allowedConsoleErrors: /status of 401/ });

  test('who is signed out is told so', async ({ ops, signInToApi }) => {
    const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
    const { page, search, order: row } = bound(await ops.signIn());
    // The stream does not know of it.
    await ops.context.clearCookies();
    await search.fill('tea');
    await expect(page.getByRole('alert').filter({ hasText: 'sign in first' })).toBeVisible();
    await expect(row(order.number), 'the list stays').toBeVisible();
  });
});

test.describe('where the server does not answer', () => {
  test.use({ allowedConsoleErrors: /ERR_FAILED/ });

  test('the form says so, and what was typed stays', { tag: '@phone' }, async ({ ops, signInToApi }) => {
    const customer = await signInToApi('ada');
    const [mug, tea] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
    const { page, search, order } = bound(await ops.signIn());
    const error = page.getByRole('alert').filter({ hasText: 'the server cannot be reached' });
    await page.route(isSearch, (route) => route.abort());
    await search.fill('te');
    await expect(error).toBeVisible();
    const [field, message] = [await search.boundingBox(), await error.boundingBox()];
    expect(message!.y - field!.y - field!.height, 'beside the field').toBeLessThan(80);
    await expect(search).toHaveValue('te');
    await expect(order(mug.number), 'the list stays').toBeVisible();
    await page.unroute(isSearch);
    await search.pressSequentially('a');
    await expect(error).toBeHidden();
    await expect(order(tea.number)).toBeVisible();
    await expect(order(mug.number)).toHaveCount(0);
  });
});

test('without JavaScript, Enter sends the form', { tag: '@phone' }, async ({ browser, server, ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const [mug, tea] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  await ops.signIn();
  const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled: false, storageState: await ops.context.storageState() });
  const page = await context.newPage();
  await page.goto('/console');
  await page.getByRole('searchbox').fill('tea');
  await page.getByRole('searchbox').press('Enter');
  await expect(page).toHaveURL('/console?q=tea');
  await expect(page.getByRole('link', { name: String(tea.number) })).toBeVisible();
  await expect(page.getByRole('link', { name: String(mug.number) })).toHaveCount(0);
  await context.close();
});

function isSearch(url: URL): boolean {
  return url.pathname === '/console' && url.searchParams.has('q');
}

/** Requests of searches from now on. They wait. */
async function holdSearches(page: Page): Promise<Route[]> {
  const held: Route[] = [];
  await page.route(isSearch, (route) => void held.push(route));
  return held;
}

function queryOf(route: Route): string | null {
  return new URL(route.request().url()).searchParams.get('q');
}
