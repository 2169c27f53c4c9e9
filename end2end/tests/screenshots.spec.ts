// Screenshots of each page in light and dark: end2end/screenshots/<page>-<colour scheme>-<project>.png. Nothing is compared.

import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { placeSampleOrders } from '../fixtures/sample-orders';
import { test } from '../fixtures/test';

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(() => {
    test.use({ colorScheme });

    test(`screenshots in ${colorScheme}`, { tag: '@phone' }, async ({ ada, ops, signInToApi }, info) => {
      const screenshot = (page: Page, name: string) =>
        page.screenshot({
          path: join(__dirname, `../screenshots/${name}-${colorScheme}-${info.project.name}.png`),
          fullPage: true,
          animations: 'disabled',
        });
      const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
      const newest = (await placeSampleOrders(customer, staff)).at(-1)!;

      await ada.signInPage.open();
      await screenshot(ada.tab.page, 'sign-in');

      const [dashboard, staffConsole] = await Promise.all([ada.signIn(), ops.signIn()]);
      await screenshot(dashboard.page, 'dashboard');
      await screenshot(staffConsole.page, 'console');

      await staff.notify('ada', 'A message from staff', 'Your grinder comes with a free brush.');
      await dashboard.toast('A message from staff').waitFor();
      await dashboard.toggleNotifications();
      await screenshot(dashboard.page, 'notifications');

      const wire = await ada.openWire();
      for (let step = 0; step < 2; step += 1) await staff.advanceOrder(newest);
      await wire.eventsOfType('order.updated').nth(1).waitFor();
      await screenshot(wire.page, 'wire');
    });
  });
}
