// Pictures of each page in light and dark, for people to look at: end2end/screenshots/<page>-<colours>-<project>.png.

import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { test } from '../fixtures/test';

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(() => {
    test.use({ colorScheme });

    test(`pictures in ${colorScheme}`, { tag: '@phone' }, async ({ ada, ops, caller }, info) => {
      const shoot = (page: Page, name: string) =>
        page.screenshot({
          path: join(__dirname, `../screenshots/${name}-${colorScheme}-${info.project.name}.png`),
          fullPage: true,
          animations: 'disabled',
        });
      const [customer, staff] = [await caller('ada'), await caller('ops')];
      const orders = [];
      for (const items of ['coffee:2, filters:1', 'kettle:1', 'tea:3', 'grinder:1, coffee:1, filters:2', 'mug:4']) {
        orders.push(await customer.placeOrder(items));
      }
      for (const [steps, order] of orders.slice(1, 4).entries()) {
        for (let step = 0; step <= steps; step += 1) await staff.advanceOrder(order);
      }
      await customer.cancelOrder(orders[0]!);

      await ada.tab.page.goto('/sign-in');
      await shoot(ada.tab.page, 'sign-in');

      const [dashboard, desk] = await Promise.all([ada.signIn(), ops.signIn()]);
      await shoot(dashboard.page, 'dashboard');
      await shoot(desk.page, 'console');

      await staff.notify('ada', 'A word from staff', 'Your grinder comes with a free brush.');
      await dashboard.toast('A word from staff').waitFor();
      await dashboard.clickBell();
      await shoot(dashboard.page, 'dashboard-bell');

      await dashboard.page.goto('/wire');
      await dashboard.live();
      for (let step = 0; step < 2; step += 1) await staff.advanceOrder(orders[4]!);
      await dashboard.page.getByTestId('frames').getByText('packed').first().waitFor();
      await shoot(dashboard.page, 'wire');
    });
  });
}
