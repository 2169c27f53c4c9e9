// Everybody can use every page: axe-core finds nothing, in light and dark, and nothing moves while a page comes alive.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/test';

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(() => {
    test.use({ colorScheme, expectedComplaints: /status of 404/ });

    test(`axe-core finds nothing in ${colorScheme}`, { tag: '@phone' }, async ({ ada, ops, caller }) => {
      const [customer, staff] = [await caller('ada'), await caller('ops')];
      const orders = [];
      for (const items of ['coffee:2, filters:1', 'kettle:1', 'tea:3', 'mug:4', 'tea:1']) orders.push(await customer.placeOrder(items));
      for (const [steps, order] of orders.slice(1, 4).entries()) {
        for (let step = 0; step <= steps; step += 1) await staff.advanceOrder(order);
      }
      await customer.cancelOrder(orders[0]!);

      for (const still of ['/nowhere', '/sign-in']) {
        await ada.tab.page.goto(still);
        await clean(ada.tab.page);
      }
      const [dashboard, desk] = await Promise.all([ada.signIn(), ops.signIn()]);
      await staff.notify('ada', 'A word', 'with a toast');
      await dashboard.toast('A word').waitFor();
      await dashboard.clickBell();
      await clean(dashboard.page);
      await clean(desk.page);
      await desk.page.keyboard.press('?');
      await desk.page.getByRole('dialog').waitFor();
      await clean(desk.page);
      await dashboard.page.goto('/wire');
      await ada.tab.live();
      await clean(dashboard.page);
    });
  });
}

test('nothing moves while a page comes alive', { tag: '@phone' }, async ({ ada, ops, caller }) => {
  const customer = await caller('ada');
  for (const items of ['coffee:2, filters:1', 'kettle:1']) await customer.placeOrder(items);
  for (const person of [ada, ops]) {
    const { page } = await person.signIn();
    await page.addInitScript(() => {
      const shifts: string[] = [];
      Object.assign(window, { shifts });
      type Shift = PerformanceEntry & { sources: { node: Node | null }[] };
      const note = ({ sources }: Shift) => {
        // Who connects is news, and moves what stands below it.
        const moved = sources.map(({ node }) => node?.parentElement).filter((element) => !element?.closest('aside'));
        shifts.push(...moved.map((element) => element?.outerHTML.slice(0, 200) ?? 'something that is gone'));
      };
      new PerformanceObserver((list) => (list.getEntries() as Shift[]).forEach(note)).observe({ type: 'layout-shift', buffered: true });
    });
    await page.reload();
    await person.tab.hydrated();
    await person.tab.live();
    expect(await page.evaluate(() => (window as unknown as { shifts: string[] }).shifts)).toEqual([]);
  }
});

async function clean(page: Page): Promise<void> {
  // What is still fading in has not its colours yet.
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => target.join(' '))])).toEqual([]);
}
