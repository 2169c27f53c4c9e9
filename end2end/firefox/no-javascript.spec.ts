// The forms in a Firefox whose own setting has switched JavaScript off (`firefox.config.ts`).
//
// Playwright's `click`, `fill` and `expect(locator)` wait for callbacks in the page, which never run here. So this file uses the mouse
// and the keyboard themselves, and polls what it reads.

import type { Locator, Page } from '@playwright/test';
import type { AppPage } from '../fixtures/pages/app-page';
import { expect, test } from '../fixtures/test';
import { PASSWORD } from '../fixtures/api-client';
import type { TestUser } from '../fixtures/test-user';

/** The first order number of a new database. */
const FIRST = 1001;

test('a customer orders, staff pack it, and both sign in and out', async ({ ada, ops }) => {
  const [dashboard, staffConsole] = [ada.tab, ops.tab];
  await signIn(ada, 'wrong', '/sign-in');
  await expectText(dashboard.page.getByText('wrong user name or password'), 'wrong user name or password');
  await signIn(ada, PASSWORD, '/');
  await expectText(dashboard.noScriptBadge, 'Reload to refresh');

  await type(dashboard.quantity('Stoneware mug'), '2');
  await press(dashboard.button('Place order'));
  await expectText(dashboard.status(FIRST), 'Placed');
  await signIn(ops, PASSWORD, '/console');
  await press(staffConsole.button(`Pack order ${FIRST}`));
  await expectText(staffConsole.status(FIRST), 'Packed');

  await dashboard.page.reload();
  await expectText(dashboard.status(FIRST), 'Packed');
  await expectText(dashboard.unreadCount, '1');
  await press(dashboard.account);
  await press(dashboard.accountMenu.getByRole('button', { name: 'Sign out' }));
  await expectPath(dashboard.page, '/sign-in');
});

async function signIn({ name, signInPage, tab }: TestUser<AppPage>, password: string, leadsTo: string): Promise<void> {
  await signInPage.open();
  await type(tab.page.getByLabel('User name'), name);
  await type(tab.page.getByLabel('Password'), password);
  await press(signInPage.submitButton);
  await expectPath(tab.page, leadsTo);
}

async function type(field: Locator, text: string): Promise<void> {
  await field.focus();
  await field.page().keyboard.press('Control+a');
  await field.page().keyboard.type(text);
}

/** The focus scrolls it into view. */
async function press(button: Locator): Promise<void> {
  await button.focus();
  const { x, y, width, height } = (await button.boundingBox())!;
  await button.page().mouse.click(x + width / 2, y + height / 2);
}

async function expectText(element: Locator, text: string): Promise<void> {
  await expect.poll(() => element.textContent()).toBe(text);
}

async function expectPath(page: Page, path: string): Promise<void> {
  await expect.poll(() => new URL(page.url()).pathname).toBe(path);
}
