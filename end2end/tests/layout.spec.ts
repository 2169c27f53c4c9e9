// The console's table and the customer's cards fit every window, and what colours tell is told without them too.

import { placeSampleOrders } from '../fixtures/sample-orders';
import { expect, test } from '../fixtures/test';

/** Around each width where the layout changes, in CSS pixels. */
const WIDTHS = [360, 640, 641, 704, 705, 768, 992, 993, 1_040, 1_152, 1_153, 1_280];

test('the table is never clipped, and shows what was ordered', async ({ ops, signInToApi }) => {
  await (await signInToApi('ada')).placeOrder({ coffee: 2, grinder: 1, filters: 2 });
  const staffConsole = await ops.signIn();
  for (const width of WIDTHS) {
    await staffConsole.page.setViewportSize({ width, height: 800 });
    const clipped = await staffConsole.orderList.locator('..').evaluate((card) => card.scrollWidth - card.clientWidth);
    expect(clipped, `at ${width} pixels`).toBeLessThanOrEqual(0);
    await expect(staffConsole.orders.getByText('2 × Coffee beans').first(), `at ${width} pixels`).toBeVisible();
  }
});

test('a card holds what is in it, with a long total too', async ({ ada, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  await placeSampleOrders(customer, staff);
  const cancelled = await customer.placeOrder({ grinder: 99, kettle: 99, coffee: 99 });
  await customer.cancelOrder(cancelled);
  const dashboard = await ada.signIn();
  for (const width of [320, ...WIDTHS]) {
    await dashboard.page.setViewportSize({ width, height: 800 });
    const outside = await dashboard.orders.evaluateAll((cards) =>
      cards.flatMap((card) => {
        const [box, { paddingLeft, paddingRight }] = [card.getBoundingClientRect(), getComputedStyle(card)];
        const parts = [...card.querySelectorAll('h2, .pill, .order-total')].map((part) => [part.textContent, part.getBoundingClientRect()] as const);
        const [left, right] = [box.left + parseFloat(paddingLeft), box.right - parseFloat(paddingRight)];
        return parts.filter(([, part]) => part.left < left - 1 || part.right > right + 1).map(([text]) => text);
      }),
    );
    expect(outside, `at ${width} pixels`).toEqual([]);
  }
});

test('the header and what is below it have the same edges in every window, and nothing scrolls sideways', async ({ ada, ops }) => {
  const pages = [(await ada.signIn()).page, (await ops.signIn()).page];
  const account = (await ada.newTab()).page;
  await account.goto('/account');
  const nowhere = await ops.context.newPage();
  await nowhere.goto('/wire');
  for (const page of [...pages, account, nowhere]) {
    for (const width of [...WIDTHS, 1_440, 1_920, 2_560]) {
      await page.setViewportSize({ width, height: 800 });
      const [header, main, sideways] = await page.evaluate(() => {
        const edges = (selector: string) => {
          const element = document.querySelector(selector)!;
          const [box, style] = [element.getBoundingClientRect(), getComputedStyle(element)];
          return [box.left + parseFloat(style.paddingLeft), box.right - parseFloat(style.paddingRight)];
        };
        return [edges('header'), edges('main'), document.documentElement.scrollWidth > document.documentElement.clientWidth] as const;
      });
      expect([header, sideways], `${page.url()} at ${width} pixels`).toEqual([main, false]);
      expect(main[1]! - main[0]!, 'the console uses a wide screen, the others stay readable').toBeLessThanOrEqual(page === pages[1] ? 1_840 : 1_280);
    }
  }
});

test('a page that is written from right to left scrolls no more sideways', async ({ ops }) => {
  const { page } = await ops.signIn();
  await page.evaluate(() => (document.documentElement.dir = 'rtl'));
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
});

test.describe('with forced colours', () => {
  test.use({ contextOptions: { forcedColors: 'active' } });

  test('finished steps and the current page are told apart', { tag: '@phone' }, async ({ ada, signInToApi }) => {
    await (await signInToApi('ada')).placeOrder({ mug: 1 });
    const dashboard = await ada.signIn();
    const steps = dashboard.orders.getByRole('list').getByRole('listitem');
    await expect(steps.filter({ hasText: 'Placed' })).toHaveCSS('border-top-style', 'solid');
    await expect(steps.filter({ hasText: 'Packed' })).toHaveCSS('border-top-style', 'dotted');
    await expect(dashboard.page.getByRole('link', { name: 'Your orders' })).toHaveCSS('text-decoration-line', 'underline');
  });
});
