// Every page is accessible: axe-core finds nothing in light and dark, and the layout does not shift while a page is hydrated.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { SAMPLE_ITEMS, placeSampleOrders } from '../fixtures/sample-orders';
import { expect, test } from '../fixtures/test';

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(() => {
    test.use({ colorScheme, allowedConsoleErrors: /status of 404/ });

    test(`axe-core finds nothing in ${colorScheme}`, colorScheme === 'light' ? { tag: '@phone' } : {}, async ({ ada, ops, signInToApi }) => {
      // Some sixteen states, each looked through whole.
      test.slow();
      const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
      await placeSampleOrders(customer, staff);

      for (const path of ['/nowhere', '/sign-in']) {
        await ada.tab.page.goto(path);
        await expectAccessible(ada.tab.page);
      }
      await ada.signInPage.signIn('ada', 'wrong');
      await ada.tab.page.getByRole('alert').waitFor();
      await expectAccessible(ada.tab.page);
      const [dashboard, staffConsole] = await Promise.all([ada.signIn(), ops.signIn()]);
      await staff.notify('ada', 'Opening hours', 'We open at nine.');
      await dashboard.toast('Opening hours').waitFor();
      await dashboard.toggleNotifications();
      await expectAccessible(dashboard.page);
      await expectAccessible(staffConsole.page);
      // An order that is ticked, and the question before another is cancelled.
      await staffConsole.orders.first().getByRole('checkbox').check();
      await staffConsole.cancel(1002).click();
      await expectAccessible(staffConsole.page);
      await staffConsole.page.keyboard.press('?');
      await staffConsole.shortcuts.waitFor();
      await expectAccessible(staffConsole.page);
      await staffConsole.page.keyboard.press('Escape');
      await staffConsole.drawer.open(1002);
      await staffConsole.drawer.dialog.getByLabel('Cancel order 1002', { exact: true }).click();
      await expectAccessible(staffConsole.page);
      await staffConsole.page.goto('/console?q=nothing');
      await staffConsole.waitUntilHydrated();
      await staffConsole.account.click();
      await expectAccessible(staffConsole.page);
      const wire = await ada.openWire();
      await wire.eventsOfType('connected').locator('summary').click();
      await wire.button('Audit').click();
      await wire.button('Fall silent').click();
      await expectAccessible(wire.page);
      for (const path of ['/account', '/orders/1', '/?again=1004']) {
        await wire.page.goto(path);
        await wire.waitUntilHydrated();
        await expectAccessible(wire.page);
      }
      await ada.context.setOffline(true);
      await wire.expectState('offline');
      await expectAccessible(wire.page);
    });
  });
}

test('the layout does not shift while a page is hydrated', { tag: '@phone' }, async ({ ada, ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  for (const items of SAMPLE_ITEMS) await customer.placeOrder(items);
  for (const user of [ada, ops]) {
    const { page } = await user.signIn();
    const hydrate = await user.tab.reloadBeforeHydration();
    await page.evaluate(async () => {
      // A frame that was painted amid the parsing may move, and is no affair of hydration: the whole page is painted first.
      for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
      const shifts: string[] = [];
      Object.assign(window, { shifts });
      type Shift = PerformanceEntry & { sources: { node: Node | null }[] };
      const record = ({ sources }: Shift) => {
        // A new connection moves what is below it in the console's side column.
        const moved = sources.map(({ node }) => node?.parentElement).filter((element) => !element?.closest('aside'));
        shifts.push(...moved.map((element) => element?.outerHTML.slice(0, 200) ?? 'an element that was removed'));
      };
      new PerformanceObserver((list) => (list.getEntries() as Shift[]).forEach(record)).observe({ type: 'layout-shift' });
    });
    await hydrate();
    expect(await page.evaluate(() => (window as unknown as { shifts: string[] }).shifts)).toEqual([]);
  }
});

async function expectAccessible(page: Page): Promise<void> {
  // While an element fades in, its colours are not final.
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => target.join(' '))])).toEqual([]);
}
