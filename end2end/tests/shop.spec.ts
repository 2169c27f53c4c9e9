// The customer's shop: the basket, what was placed, and how to get there.

import { expect, test } from '../fixtures/test';

test('the basket is filled by buttons, and says what it costs', { tag: '@phone' }, async ({ ada }) => {
  const dashboard = await ada.signIn();
  const [more, less] = [dashboard.button('One more: Stoneware mug'), dashboard.button('One less: Stoneware mug')];
  const total = dashboard.page.getByText(/^Total/);
  await expect(total).toBeHidden();
  for (let press = 0; press < 3; press += 1) await more.click();
  await expect(dashboard.quantity('Stoneware mug')).toHaveValue('3');
  await expect(total).toHaveText('Total $54.00');
  await less.click();
  await dashboard.quantity('Green tea, 100 g').fill('2');
  await expect(total).toHaveText('Total $53.80');
  await dashboard.quantity('Green tea, 100 g').fill('');
  await expect(total).toHaveText('Total $36.00');
  for (let press = 0; press < 3; press += 1) await less.click();
  await expect(dashboard.quantity('Stoneware mug'), 'there is no less than none').toHaveValue('0');
  await expect(total).toBeHidden();
  await dashboard.quantity('Stoneware mug').fill('99');
  await more.click();
  await expect(dashboard.quantity('Stoneware mug'), 'there is a most').toHaveValue('99');
});

test('buttons of the basket are large enough for a finger', { tag: '@phone' }, async ({ ada, isMobile }) => {
  test.skip(!isMobile, 'on a touch screen');
  const dashboard = await ada.signIn();
  for (const button of [dashboard.button('One more: Stoneware mug'), dashboard.button('One less: Stoneware mug'), dashboard.button('Place order')]) {
    const box = await button.boundingBox();
    expect(Math.min(box!.width, box!.height)).toBeGreaterThanOrEqual(44);
  }
});

test('what was placed is said beside the button, and leads to the order', { tag: '@phone' }, async ({ ada }) => {
  const dashboard = await ada.signIn();
  await dashboard.placeOrder('Stoneware mug', 2);
  const placed = dashboard.page.getByRole('link', { name: /^Order \d+ placed$/ });
  await expect(placed).toBeInViewport();
  await expect(placed.locator('..')).toHaveRole('status');
  await expect(dashboard.page.getByText(/^Total/), 'the basket is empty').toBeHidden();
  await expect(dashboard.orders.first()).toHaveAttribute('data-new', '');
  const number = Number(/\d+/.exec(await placed.innerText())![0]);
  await expect(dashboard.status(number)).toHaveText('Placed');
  await placed.click();
  await expect(dashboard.page).toHaveURL(`/orders/${number}`);
});

test('an order that has ended is one line, and none shrinks while the page is open', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const [order, open] = [await customer.placeOrder({ coffee: 1, tea: 1, mug: 1 }), await customer.placeOrder({ mug: 1 })];
  const dashboard = await ada.signIn();
  const height = async (number: number) => (await dashboard.order(number).boundingBox())!.height;
  const before = await height(order.number);
  for (let step = 0; step < 3; step += 1) await staff.advanceOrder(order);
  await expect(dashboard.status(order.number)).toHaveText('Delivered');
  expect(await height(order.number), 'nothing below it moves').toBe(before);
  await dashboard.page.reload();
  await dashboard.waitUntilLive();
  expect(await height(order.number)).toBeLessThan(64);
  expect(await height(open.number)).toBeGreaterThan(120);
  await dashboard.page.getByRole('link', { name: `Order ${order.number}` }).click();
  await expect(dashboard.page).toHaveURL(`/orders/${order.number}`);
});

test('the shop is one press away, however many orders there are', { tag: '@phone' }, async ({ ada, signInToApi, isMobile }) => {
  const dashboard = await ada.signIn();
  await dashboard.page.getByRole('link', { name: 'Choose something in the shop' }).click();
  await expect(dashboard.button('One more: Coffee beans, 500 g')).toBeInViewport();
  const customer = await signInToApi('ada');
  for (let placed = 0; placed < 12; placed += 1) await customer.placeOrder({ mug: 1 });
  await dashboard.page.goto('/');
  await dashboard.waitUntilLive();
  const toShop = dashboard.page.getByRole('link', { name: 'Shop', exact: true });
  if (!isMobile) {
    await expect(dashboard.button('Place order'), 'it is beside the orders').toBeInViewport();
    await expect(toShop).toBeHidden();
    return;
  }
  await expect(toShop).toBeInViewport({ ratio: 1 });
  await toShop.click();
  await expect(dashboard.button('One more: Coffee beans, 500 g')).toBeInViewport();
});

/** Phones upright and on their side, a tablet, and a window beside which the shop stands. */
const SIZES = [{ width: 360, height: 640 }, { width: 412, height: 839 }, { width: 740, height: 360 }, { width: 768, height: 1_024 }, { width: 1_280, height: 720 }];

for (const orders of [0, 6]) {
  test(`toasts never cover "Place order", wherever a page of ${orders} orders is scrolled to`, async ({ ada, signInToApi }) => {
    const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
    for (let placed = 0; placed < orders; placed += 1) await customer.placeOrder({ mug: 1 });
    const dashboard = await ada.signIn();
    for (const size of SIZES) {
      await dashboard.page.setViewportSize(size);
      const title = `At ${size.width}`;
      await Promise.all([1, 2, 3].map((number) => staff.notify('ada', `${title}, ${number}`, 'A long line of many words. '.repeat(20))));
      await expect(dashboard.toast(title)).toHaveCount(3);
      expect(await dashboard.page.evaluate(coveredPlaces), title).toEqual([]);
    }
  });
}

/** In the page: at which scroll positions a toast is over a part of the button. */
function coveredPlaces(): number[] {
  const button = [...document.querySelectorAll('button')].find((button) => button.textContent === 'Place order')!;
  const covered: number[] = [];
  for (let top = 0; top <= document.documentElement.scrollHeight; top += 20) {
    scrollTo(0, top);
    const place = button.getBoundingClientRect();
    const region = document.querySelector('.toasts')!.getBoundingClientRect();
    const isOver = ({ left, right, top, bottom, width }: DOMRect) =>
      width > 0 && left < place.right && right > place.left && top < place.bottom && Math.min(bottom, region.bottom) > place.top;
    if ([...document.querySelectorAll('.toasts .toast')].some((toast) => isOver(toast.getBoundingClientRect()))) covered.push(scrollY);
  }
  return covered;
}

test('more toasts than are shown lead to all notifications', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const dashboard = await ada.signIn();
  const staff = await signInToApi('ops');
  for (const title of ['One', 'Two', 'Three']) await staff.notify('ada', title, 'A message from staff.');
  // Toasts stay while the focus is in one of them, however long the rest takes.
  await dashboard.toast('Three').getByRole('button', { name: 'Dismiss' }).focus();
  await staff.notify('ada', 'Four', 'A message from staff.');
  await dashboard.page.getByRole('link', { name: '1 more' }).click();
  await expect(dashboard.page).toHaveURL('/notifications');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false, allowedConsoleErrors: /was preloaded using link preload but not used/ });

  test('quantities are typed, and the page says what was placed with a link to it', { tag: '@phone' }, async ({ ada }) => {
    await ada.signInPage.open();
    await ada.signInPage.signIn('ada');
    await expect(ada.tab.button('One more: Stoneware mug')).toBeHidden();
    await expect(ada.tab.page.getByText(/^Total/)).toBeHidden();
    await ada.tab.placeOrder('Stoneware mug', 2);
    const notice = ada.tab.page.locator('.notice');
    await expect(notice).toHaveText('Order 1001 is placed. View it');
    await notice.getByRole('link').click();
    await expect(ada.tab.page).toHaveURL('/orders/1001');
  });
});
