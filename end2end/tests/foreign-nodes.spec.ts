// A page is hydrated and works whatever other programs have put into it before: a password manager's elements, a translator's.

import type { Page } from '@playwright/test';
import type { TestUser } from '../fixtures/test-user';
import type { AppPage } from '../fixtures/pages/app-page';
import { expect, test } from '../fixtures/test';

// A browser reports a file that did not come.
test.use({ allowedConsoleErrors: /net::ERR_FAILED|Failed to fetch/ });

test('elements in every form and label before hydration break nothing', { tag: '@phone' }, async ({ ada, ops, signInToApi }) => {
  const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
  await Promise.all([ada.signIn(), ops.signIn()]);
  for (const user of [ada, ops]) await reloadWith(user, insertAtEachForm);
  const [dashboard, staffConsole] = [ada.tab, ops.tab];
  await expect(staffConsole.page.locator('label > .foreign').first(), 'they are there again').toBeAttached();

  await dashboard.placeOrder('Stoneware mug', 2);
  await expect(dashboard.orders).toHaveCount(2);
  await expect(staffConsole.orders).toHaveCount(2);
  await staffConsole.button(`Pack order ${order.number}`).click();
  await expect(dashboard.status(order.number)).toHaveText('Packed');
  const { notifyForm } = staffConsole;
  await notifyForm.user.fill('ada');
  await notifyForm.title.fill('Hello');
  await notifyForm.message.fill('Anybody?');
  await expect(notifyForm.preview).toContainText('Anybody?');
  await notifyForm.submit.click();
  await expect(notifyForm.region.getByText('Sent.')).toBeVisible();
  await expect(dashboard.toast('Hello')).toBeVisible();
});

test('a page that was translated before hydration is live', { tag: '@phone' }, async ({ ada, ops, signInToApi }) => {
  const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
  await Promise.all([ada.signIn(), ops.signIn()]);
  for (const user of [ada, ops]) await reloadWith(user, replaceEachText);
  await ops.tab.button(`Pack order ${order.number}`).click();
  for (const { tab } of [ada, ops]) await expect(tab.status(order.number)).toHaveText('Packed');
  await expect(ada.tab.unreadCount).toHaveText('1');
});

test('a page whose WebAssembly does not come says so', { tag: '@phone' }, async ({ ada }) => {
  await ada.signIn();
  const { page } = ada.tab;
  await page.route('**/*.wasm', (route) => route.abort());
  await page.reload({ waitUntil: 'commit' });
  const badge = page.getByRole('link', { name: 'Not live: reload' });
  await expect(badge).toBeHidden();
  await page.evaluate(() => document.getAnimations().forEach((animation) => animation.finish()));
  await expect(badge).toBeVisible();
  await page.unroute('**/*.wasm');
  await badge.click();
  await ada.tab.waitUntilLive();
  await expect(badge).toBeHidden();
});

/** Reloads the page, does something to it before its WebAssembly comes, and waits until it is live. */
async function reloadWith(user: TestUser<AppPage>, change: () => void): Promise<void> {
  const hydrate = await user.tab.reloadBeforeHydration();
  await user.tab.page.evaluate(change);
  await hydrate();
  await user.tab.movePointerAway();
}

/** In the page: elements at the beginning, in the middle and at the end of each form and label. */
function insertAtEachForm(): void {
  for (const element of document.querySelectorAll('form, label, .field')) {
    for (const place of [element.firstChild, element.lastChild, null]) {
      const foreign = document.createElement('div');
      foreign.className = 'foreign';
      element.insertBefore(foreign, place);
    }
  }
}

/** In the page: elements in the place of each text node. */
function replaceEachText(): void {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts: Node[] = [];
  while (walker.nextNode()) {
    if (!walker.currentNode.parentElement?.closest('script')) texts.push(walker.currentNode);
  }
  for (const text of texts) {
    const font = document.createElement('font');
    font.textContent = text.textContent;
    text.parentNode?.replaceChild(font, text);
  }
}
