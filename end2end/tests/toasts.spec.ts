// Toasts: told to those who do not see them, gone when they are dismissed or have been read, and never a pile.

import { Clock } from '../fixtures/clock';
import { expect, test } from '../fixtures/test';

test('are announced, dismissed, and at most three', { tag: '@phone' }, async ({ ada, caller }) => {
  const dashboard = await ada.signIn();
  const ops = await caller('ops');
  await expect(dashboard.page.getByRole('region', { name: 'Messages' })).toHaveAttribute('aria-live', 'polite');
  for (const title of ['One', 'Two', 'Three', 'Four']) await ops.notify('ada', title, 'A word from staff.');
  await expect(dashboard.unread).toHaveText('4');
  await expect(dashboard.toasts.locator('strong')).toHaveText(['Two', 'Three', 'Four']);
  await dashboard.toast('Three').getByRole('button', { name: 'Dismiss' }).click();
  await expect(dashboard.toasts.locator('strong')).toHaveText(['Two', 'Four']);
  await expect(dashboard.unread, 'it is not read by that').toHaveText('4');
});

test('go by themselves, but not from under the mouse', async ({ ada, caller }) => {
  const clock = await Clock.install(ada.tab);
  const dashboard = await ada.signIn();
  await clock.stop();
  await (await caller('ops')).notify('ada', 'One', 'A word from staff.');
  await dashboard.toast('One').hover();
  await clock.pass(20_000);
  await expect(dashboard.toast('One')).toBeVisible();
  await dashboard.page.mouse.move(1, 1);
  await clock.pass(20_000);
  await expect(dashboard.toasts).toHaveCount(0);
});
