// Toasts are announced to screen readers, go away by themselves or when they are dismissed, and are never more than three.

import { PageClock } from '../fixtures/page-clock';
import { expect, test } from '../fixtures/test';

test('toasts are announced, dismissed, and at most three', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const dashboard = await ada.signIn();
  const staff = await signInToApi('ops');
  const region = dashboard.page.getByRole('region', { name: 'Recent notifications' });
  await expect(region).toHaveAttribute('aria-live', 'polite');
  for (const title of ['One', 'Two', 'Three', 'Four']) await staff.notify('ada', title, 'A message from staff.');
  await expect(dashboard.unreadCount).toHaveText('4');
  await expect(dashboard.toasts.locator('strong')).toHaveText(['Two', 'Three', 'Four']);
  await expect(region.getByText('1 more', { exact: true })).toBeVisible();
  await dashboard.toast('Three').getByRole('button', { name: 'Dismiss' }).focus();
  await dashboard.page.keyboard.press('Enter');
  await expect(dashboard.toasts.locator('strong')).toHaveText(['Two', 'Four']);
  await expect(region, 'the focus is not lost with the toast').toBeFocused();
  await expect(dashboard.unreadCount, 'a dismissed notification is still unread').toHaveText('4');
});

test('toasts go away by themselves, but not while they are hovered or focused', async ({ ada, signInToApi }) => {
  const clock = await PageClock.install(ada.tab);
  const dashboard = await ada.signIn();
  await clock.pause();
  const staff = await signInToApi('ops');
  await staff.notify('ada', 'One', 'A message from staff.');
  await dashboard.toast('One').hover();
  await clock.advance(20_000);
  await expect(dashboard.toast('One')).toBeVisible();
  await dashboard.page.mouse.move(1, 1);
  await clock.advance(20_000);
  await expect(dashboard.toasts).toHaveCount(0);

  await staff.notify('ada', 'Two', 'A message from staff.');
  await dashboard.toast('Two').getByRole('button', { name: 'Dismiss' }).focus();
  await clock.advance(20_000);
  await expect(dashboard.toast('Two')).toBeVisible();
  await dashboard.account.focus();
  await clock.advance(20_000);
  await expect(dashboard.toasts).toHaveCount(0);
});

test('toasts of a page that nobody sees stay until somebody does', async ({ ada, signInToApi }) => {
  const clock = await PageClock.install(ada.tab);
  const dashboard = await ada.signIn();
  await clock.pause();
  await dashboard.page.evaluate(() => Object.defineProperty(document, 'hidden', { value: true, configurable: true }));
  await (await signInToApi('ops')).notify('ada', 'One', 'A message from staff.');
  await expect(dashboard.toast('One')).toBeVisible();
  await clock.advance(20_000);
  await expect(dashboard.toast('One')).toBeVisible();
  await dashboard.page.evaluate(() => Object.defineProperty(document, 'hidden', { value: false, configurable: true }));
  await clock.advance(20_000);
  await expect(dashboard.toasts).toHaveCount(0);
});

test('a toast that is hovered is not replaced by a newer one', async ({ ada, signInToApi }) => {
  const dashboard = await ada.signIn();
  const staff = await signInToApi('ops');
  for (const title of ['One', 'Two', 'Three']) await staff.notify('ada', title, 'A message from staff.');
  await expect(dashboard.toasts).toHaveCount(3);
  await dashboard.toast('One').hover();
  await staff.notify('ada', 'Four', 'A message from staff.');
  await expect(dashboard.page.getByText('1 more', { exact: true })).toBeVisible();
  await expect(dashboard.toasts.locator('strong')).toHaveText(['One', 'Two', 'Three']);
});

test('a long message is clamped, keeps its lines and covers no form', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const dashboard = await ada.signIn();
  await (await signInToApi('ops')).broadcast('Opening hours', 'A long line of many words. '.repeat(48));
  const toast = await dashboard.toast('Opening hours').boundingBox();
  expect(toast!.height).toBeLessThan(160);
  await expect(dashboard.toast('Opening hours').locator('p')).toHaveCSS('white-space', 'pre-line');
  await expect(dashboard.toast('Opening hours').locator('p')).toHaveAttribute('dir', 'auto');
  // It is pressed, and not the toast.
  await dashboard.placeOrder('Stoneware mug', 1);
  await expect(dashboard.orders).toHaveCount(1);
  await expect(dashboard.toast('Opening hours')).toBeVisible();
});
