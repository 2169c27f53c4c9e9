// An open page notices that a newer build serves it: it says so, and loads the new one by itself only where nothing gets lost.

import { expect, test } from '../fixtures/test';

test('a page of another build says so and is reloaded by a press', { tag: '@phone' }, async ({ ada, ops }) => {
  for (const user of [ada, ops]) await user.signIn();
  const dashboard = ada.tab;
  await dashboard.markDocument();
  const bar = dashboard.page.getByText('A new version is available.');
  await expect(bar).toBeHidden();

  // As a page that an earlier build has rendered.
  await dashboard.page.locator('#snapshot').evaluate((snapshot: HTMLElement) => (snapshot.dataset['build'] = '0.0.1-before'));
  await dashboard.quantity('Stoneware mug').fill('2');
  await ops.tab.connections.filter({ hasText: 'ada' }).getByRole('button', { name: 'Disconnect ada' }).click();
  await dashboard.retryNow.click();
  await dashboard.waitUntilLive();
  await expect(bar).toBeVisible();
  await dashboard.expectSameDocument();
  await expect(dashboard.quantity('Stoneware mug'), 'what was typed is kept').toHaveValue('2');

  await dashboard.button('Reload').click();
  await expect(bar).toBeHidden();
  await dashboard.waitUntilLive();
  expect(await dashboard.page.evaluate(() => 'marked' in window)).toBe(false);
});

test('a page at which nobody is at work is reloaded by itself', async ({ ada, ops }) => {
  await ada.tab.page.clock.install();
  for (const user of [ada, ops]) await user.signIn();
  const dashboard = ada.tab;
  await dashboard.markDocument();
  await dashboard.page.locator('#snapshot').evaluate((snapshot: HTMLElement) => (snapshot.dataset['build'] = '0.0.1-before'));
  await dashboard.page.clock.runFor(61_000);
  await ops.tab.connections.filter({ hasText: 'ada' }).getByRole('button', { name: 'Disconnect ada' }).click();
  await dashboard.expectState('waiting');
  const reloaded = dashboard.page.waitForEvent('load');
  await dashboard.page.clock.runFor(10_000);
  await reloaded;
  await dashboard.waitUntilLive();
  expect(await dashboard.page.evaluate(() => 'marked' in window)).toBe(false);
});
