// The console's drawer: an order beside the list, live, and with its forms. The list waits until it is closed.

import type { Locator, Page, Route } from '@playwright/test';
import { OrderPage } from '../fixtures/pages/order-page';
import type { Order } from '../fixtures/api-client';
import { bound } from '../fixtures/pages/bound';
import { PageClock } from '../fixtures/page-clock';
import { expect, test } from '../fixtures/test';
import { translate } from '../fixtures/translator';

/** A fetch that failed for another reason is tried again within this time, in milliseconds. */
const RETRIED_WITHIN = 10_000;

/** What an event is a reason for is fetched within this time, in milliseconds. */
const GATHERED_WITHIN = 1_000;

test('a plain click on a number opens the order beside the list, and Escape, the button and the backdrop close it', { tag: '@phone' }, async ({ ops, signInToApi }, info) => {
  const order = await (await signInToApi('ada')).placeOrder({ coffee: 2, mug: 1 });
  const { drawer, page, markDocument, expectSameDocument } = bound(await ops.signIn());
  await markDocument();
  await drawer.open(order.number);
  await expect(page, 'the console stays').toHaveURL('/console');
  await expect(drawer.items).toContainText('Total $47.00');
  await expect(drawer.timeline).toHaveText([/Placed by ada/]);
  await expect(drawer.timeline.first().getByRole('time')).toHaveText('just now');
  await expect(drawer.dialog.getByRole('link', { name: 'All orders' }), 'what leads back to the console').toHaveCount(0);
  await expect(drawer.openPage).toHaveAttribute('href', `/orders/${order.number}`);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
  const box = (await drawer.dialog.boundingBox())!;
  const { width, height } = page.viewportSize()!;
  const expected = info.project.name === 'phone' ? { x: 0, y: 0, width, height } : { x: width - 560, y: 0, width: 560, height };
  await expect.poll(() => drawer.dialog.boundingBox()).toEqual(expected);
  expect(box.height).toBe(height);

  await page.keyboard.press('Escape');
  await expect(drawer.dialog).toBeHidden();
  await drawer.open(order.number);
  await drawer.close.click();
  await expect(drawer.dialog).toBeHidden();
  if (info.project.name !== 'phone') {
    await drawer.open(order.number);
    await page.mouse.click(100, 400);
    await expect(drawer.dialog).toBeHidden();
  }
  await expectSameDocument();
});

test('the second click of a double click does not close it, and neither does a text that is selected past its edge', async ({ ops, signInToApi }) => {
  const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
  const { drawer, page } = bound(await ops.signIn());
  await drawer.link(order.number).dblclick();
  await drawer.status.waitFor();
  const heading = (await drawer.title.boundingBox())!;
  await page.mouse.move(heading.x + 40, heading.y + heading.height / 2);
  await page.mouse.down();
  await page.mouse.move(100, 400, { steps: 4 });
  await page.mouse.up();
  await expect(drawer.dialog).toBeVisible();
});

test('another button of the mouse does not close it', async ({ ops, signInToApi }) => {
  const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
  const { drawer, page } = bound(await ops.signIn());
  await drawer.open(order.number);
  for (const button of ['right', 'middle'] as const) {
    await page.mouse.click(100, 400, { button });
    await expect(drawer.dialog, button).toBeVisible();
  }
});

test('by keyboard: Enter on the link and on the row; the focus is kept in it, and comes back; no shortcut acts on what is beneath', async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const [order] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  const staffConsole = await ops.signIn();
  const { drawer, page } = staffConsole;
  await drawer.link(order.number).focus();
  await page.keyboard.press('Enter');
  await drawer.status.waitFor();
  // A held Enter presses nothing in it.
  await page.keyboard.press('Enter');
  await expect(drawer.dialog).toBeVisible();
  await expect(page).toHaveURL('/console');
  for (const key of ['j', 'x', 'a', '/', '?']) await page.keyboard.press(key);
  await expect(staffConsole.shortcuts).toBeHidden();
  await expect(staffConsole.select(order.number)).not.toBeChecked();
  await expect(drawer.status).toHaveText('Placed');
  for (let tabs = 0; tabs < 8; tabs += 1) {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => !document.activeElement || document.activeElement === document.body || !!document.activeElement.closest('dialog'))).toBe(true);
  }
  await page.keyboard.press('Escape');
  await expect(drawer.link(order.number)).toBeFocused();
  await staffConsole.order(order.number).focus();
  await page.keyboard.press('Enter');
  await drawer.status.waitFor();
  await drawer.close.click();
  await expect(staffConsole.order(order.number)).toBeFocused();
});

test('with a modifier key the link leads to the page', async ({ ops, signInToApi }) => {
  const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
  const { drawer } = await ops.signIn();
  for (const press of [{ modifiers: ['ControlOrMeta'] }, { button: 'middle' }, { modifiers: ['Shift'] }] satisfies Parameters<Locator['click']>[0][]) {
    const opened = ops.context.waitForEvent('page');
    await drawer.link(order.number).click(press);
    const tab = await opened;
    await expect(tab).toHaveURL(`/orders/${order.number}`);
    await tab.close();
    await expect(drawer.dialog).toBeHidden();
  }
});

test('it is live as the page is: elements, the focus and the place stay; an event of another order fetches nothing, nor one after it is closed', { tag: '@phone' }, async ({ ops, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const [order, other] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  const clock = await PageClock.install(ops.tab);
  const staffConsole = await ops.signIn();
  const { drawer, page } = staffConsole;
  await drawer.open(order.number);
  await clock.pause();
  const fetched = countOrders(page);
  const pill = (await drawer.status.elementHandle())!;
  await drawer.button(`Pack order ${order.number}`).focus();
  await staff.advanceOrder(other);
  await expect(staffConsole.status(other.number)).toHaveText('Packed');
  await clock.advance(GATHERED_WITHIN);
  expect(fetched, 'none for the other order').toEqual([]);
  await staff.advanceOrder(order);
  await expect(staffConsole.status(order.number)).toHaveText('Packed');
  await clock.advance(GATHERED_WITHIN);
  await expect(drawer.status).toHaveText('Packed');
  await expect(drawer.timeline).toHaveText([/Placed by ada/, /Packed by you/, /Order packed/]);
  expect(await pill.evaluate((node) => node.isConnected)).toBe(true);
  await expect(drawer.button(`Ship order ${order.number}`), 'the focus stays').toBeFocused();
  expect(fetched, 'one fetch for its events').toHaveLength(1);
  expect(await page.evaluate(() => new Set([...document.querySelectorAll('[id]')].map(({ id }) => id)).size - document.querySelectorAll('[id]').length), 'no id is there twice').toBe(0);
  await page.keyboard.press('Escape');
  fetched.length = 0;
  await staff.advanceOrder(order);
  await expect(staffConsole.status(order.number)).toHaveText('Shipped');
  await clock.advance(GATHERED_WITHIN);
  expect(fetched, 'none while it is closed').toEqual([]);
  await drawer.open(order.number);
  await expect(drawer.status).toHaveText('Shipped');
  await staff.advanceOrder(order);
  await expect(staffConsole.status(order.number)).toHaveText('Delivered');
  await clock.advance(GATHERED_WITHIN);
  await expect(drawer.status).toHaveText('Delivered');
  expect(fetched, 'one to open it, and one for the event after that').toHaveLength(2);
});

test('it says when it is not live: the badge is beneath it', async ({ ops, signInToApi }) => {
  const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
  const { drawer } = await ops.signIn();
  await drawer.open(order.number);
  const addition = () => drawer.title.evaluate((title) => getComputedStyle(title, '::after').content);
  expect(await addition()).toBe('none');
  await ops.context.setOffline(true);
  await expect.poll(addition).toContain('Not live');
  await ops.context.setOffline(false);
  await expect.poll(addition).toBe('none');
});

test('rows keep their places while it is open', async ({ ops, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const order = await customer.placeOrder({ mug: 1 });
  await ops.signIn();
  const staffConsole = ops.tab;
  await staffConsole.page.goto('/console?status=placed');
  await staffConsole.waitUntilLive();
  const { drawer, page } = staffConsole;
  await drawer.open(order.number);
  await staff.advanceOrder(order);
  await customer.placeOrder({ tea: 1 });
  await expect(drawer.status).toHaveText('Packed');
  await expect(page.getByText('1 new order')).toBeAttached();
  await page.keyboard.press('Escape');
  await expect(drawer.link(order.number), 'the row is no more one of the list, and there still').toBeFocused();
  await page.locator('body').click({ position: { x: 1, y: 1 } });
  await expect(staffConsole.order(order.number)).toHaveCount(0);
});

test('a search that answers when it is open leaves the row in its place, and the focus comes back to it', async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const [mug, tea] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  const staffConsole = await ops.signIn();
  const { drawer, page, search } = staffConsole;
  const held: Route[] = [];
  await page.route('/console?q=tea', (route) => void held.push(route));
  await search.fill('tea');
  await expect.poll(() => held.length).toBe(1);
  await drawer.open(mug.number);
  await held[0]!.continue();
  await expect(page).toHaveURL('/console?q=tea');
  await page.keyboard.press('Escape');
  await expect(drawer.link(mug.number)).toBeFocused();
  await staffConsole.movePointerAway();
  await search.focus();
  await expect(staffConsole.order(mug.number)).toHaveCount(0);
  await expect(staffConsole.order(tea.number)).toBeVisible();
});

test('its forms work in it: one step a press, and Cancel asks first', { tag: '@phone' }, async ({ ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  const [order, second] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  const staffConsole = await ops.signIn();
  const { drawer, page } = staffConsole;
  await staffConsole.markDocument();
  await drawer.open(order.number);
  await drawer.button(`Pack order ${order.number}`).dblclick();
  await expect(drawer.status).toHaveText('Packed');
  await expect(drawer.timeline.filter({ hasText: 'Packed by you' })).toHaveCount(1);
  await expect(staffConsole.status(order.number)).toHaveText('Packed');
  await drawer.button(`Ship order ${order.number}`).click();
  await drawer.button(`Deliver order ${order.number}`).click();
  await expect(drawer.status).toHaveText('Delivered');
  expect(await page.evaluate(() => !!document.activeElement?.closest('dialog')), 'the focus is not lost with the button').toBe(true);
  await page.keyboard.press('Escape');
  await drawer.open(second.number);
  const cancel = drawer.dialog.getByLabel(`Cancel order ${second.number}`, { exact: true });
  await cancel.click();
  const [pressed, content] = [(await cancel.boundingBox())!, (await drawer.items.boundingBox())!];
  expect(pressed.x + pressed.width, 'it keeps to the padding').toBeLessThanOrEqual(content.x + content.width);
  await drawer.button(`Yes, cancel order ${second.number}`).click();
  await expect(drawer.status).toHaveText('Cancelled');
  await expect(drawer.timeline.last()).toContainText('Cancelled by you');
  await staffConsole.expectSameDocument();
  await expect(page).toHaveURL('/console');
});

test.describe('with a refusal', () => {
  test.use({ allowedConsoleErrors: /status of 409/ });

  test('a press on what has changed meanwhile says so in it, and shows what it is now', async ({ ops, signInToApi }) => {
    const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
    const { drawer } = await ops.signIn();
    await drawer.open(order.number);
    await drawer.dialog.locator('[name=version]').first().evaluate((field: HTMLInputElement) => (field.value = '7'));
    await drawer.button(`Pack order ${order.number}`).click();
    await expect(drawer.error).toHaveText(/order \d+ was changed meanwhile.*: it is placed now/);
    await expect(drawer.dialog.locator('[name=version]').first()).toHaveValue('1');
    await expect(drawer.error).toBeVisible();
    await drawer.button(`Pack order ${order.number}`).click();
    await expect(drawer.status).toHaveText('Packed');
    await expect(drawer.error).toHaveCount(0);
  });
});

test('a second order that is opened while the first loads is the one that is shown', async ({ ops, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const [first, second] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  const { drawer, page } = await ops.signIn();
  const held = await holdOrder(page, first);
  await drawer.link(first.number).click();
  await expect.poll(() => held.length).toBe(1);
  await expect(drawer.title, 'its number is known at once').toHaveText(`Order ${first.number}`);
  await expect(drawer.loading).toBeVisible();
  await page.keyboard.press('Escape');
  await drawer.open(second.number);
  // What comes after it would cover it up.
  const shown = await drawer.dialog.evaluateHandle((dialog) => {
    const texts: string[] = [];
    new MutationObserver(() => texts.push(dialog.textContent)).observe(dialog, { subtree: true, childList: true, characterData: true });
    return texts;
  });
  const answered = page.waitForEvent('requestfinished', (request) => request.url().endsWith(`/orders/${first.number}`));
  await held[0]!.continue();
  await answered;
  // The page has handled that answer when it shows what came after it.
  await staff.advanceOrder(second);
  await expect(drawer.status).toHaveText('Packed');
  await expect(drawer.items).toContainText('Green tea');
  await expect(drawer.title).toHaveText(`Order ${second.number}`);
  expect((await shown.jsonValue()).filter((text) => text.includes('Total $18.00')), 'the first is never shown').toEqual([]);
});

test.describe('where it cannot be loaded', () => {
  test.use({ allowedConsoleErrors: /ERR_FAILED|status of 40[14]/ });

  test('a late refusal of a press on one order is not told in the drawer of another', async ({ ops, signInToApi }) => {
    const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
    const [first, second] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
    const { drawer, page } = await ops.signIn();
    const held: Route[] = [];
    await page.route('**/api/advance_order', (route) => void held.push(route));
    await drawer.open(first.number);
    await drawer.button(`Pack order ${first.number}`).click();
    await expect.poll(() => held.length).toBe(1);
    await page.keyboard.press('Escape');
    await drawer.open(second.number);
    const failed = page.waitForEvent('requestfailed');
    await held[0]!.abort();
    await failed;
    await staff.advanceOrder(second);
    await expect(drawer.status).toHaveText('Packed');
    await expect(drawer.error).toHaveCount(0);
  });

  test('it says so, leads to the page, and can be tried again', { tag: '@phone' }, async ({ ops, signInToApi }) => {
    const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
    const clock = await PageClock.install(ops.tab);
    const { drawer, page } = await ops.signIn();
    const isOrder = `**/orders/${order.number}`;
    await page.route(isOrder, (route) => route.abort());
    // It does not try again by itself.
    await clock.pause();
    await drawer.link(order.number).click();
    await expect(drawer.error).toHaveText('the server cannot be reached; try again');
    await expect(drawer.loading).toBeHidden();
    await expect(drawer.openPage).toHaveAttribute('href', `/orders/${order.number}`);
    await page.unroute(isOrder);
    await drawer.tryAgain.click();
    await expect(drawer.status).toHaveText('Placed');
    expect(await page.evaluate(() => !!document.activeElement?.closest('dialog')), 'the focus is not lost with the button').toBe(true);
    await expect(drawer.error).toHaveCount(0);
    await expect(drawer.tryAgain).toBeHidden();
  });

  test('an order that does not exist is told as the server tells it, and is not asked for at once again', async ({ ops, signInToApi }) => {
    const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
    const clock = await PageClock.install(ops.tab);
    const { drawer, page } = await ops.signIn();
    await drawer.link(order.number).evaluate((link: HTMLAnchorElement) => link.setAttribute('href', '/orders/9'));
    await clock.pause();
    const fetched = countOrders(page);
    await drawer.link(order.number).click();
    await expect(drawer.error).toHaveText('there is no such order');
    await expect(drawer.tryAgain).toBeVisible();
    await clock.advance(RETRIED_WITHIN);
    expect(fetched).toHaveLength(1);
  });

  test('who is signed out is told so, and it is not asked for at once again; after a sign-in elsewhere it can be', async ({ ops, signInToApi }) => {
    const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
    const clock = await PageClock.install(ops.tab);
    const { drawer, page } = await ops.signIn();
    // The stream does not know of it.
    const session = await ops.context.cookies();
    await ops.context.clearCookies();
    await clock.pause();
    const fetched = countOrders(page);
    await drawer.link(order.number).click();
    await expect(drawer.error).toHaveText('sign in first');
    await clock.advance(RETRIED_WITHIN);
    expect(fetched).toHaveLength(1);
    await ops.context.addCookies(session);
    await drawer.tryAgain.click();
    await expect(drawer.status).toHaveText('Placed');
    await expect(drawer.error).toHaveCount(0);
  });
});

test('it survives a translator', async ({ ops, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const order = await customer.placeOrder({ mug: 1 });
  const { drawer, page } = await ops.signIn();
  await drawer.open(order.number);
  await translate(page, 'dialog[open]');
  await staff.advanceOrder(order);
  await expect(drawer.status).toHaveText('Packed');
  const entries = [/Placed by ada/, /Packed by you/, /Order packed/];
  await expect(drawer.timeline).toHaveText(entries);
  await page.keyboard.press('Escape');
  await drawer.open(order.number);
  await expect(drawer.timeline).toHaveText(entries);
});

test('without JavaScript the link leads to the page', { tag: '@phone' }, async ({ browser, server, ops, signInToApi }) => {
  const order = await (await signInToApi('ada')).placeOrder({ tea: 1 });
  await ops.signIn();
  const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled: false, storageState: await ops.context.storageState() });
  const page = new OrderPage(await context.newPage());
  await page.page.goto('/console');
  await page.page.getByRole('link', { name: String(order.number), exact: true }).click();
  await expect(page.heading).toHaveText(`Order ${order.number}`);
  await context.close();
});

/** Requests of orders' pages from now on. */
function countOrders(page: Page): string[] {
  const fetched: string[] = [];
  page.on('request', (request) => void (request.url().includes('/orders/') && fetched.push(request.url())));
  return fetched;
}

/** Requests of an order's page from now on. They wait. */
async function holdOrder(page: Page, { number }: Order): Promise<Route[]> {
  const held: Route[] = [];
  await page.route(`**/orders/${number}`, (route) => void held.push(route));
  return held;
}
