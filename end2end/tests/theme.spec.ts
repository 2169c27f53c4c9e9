// The theme: the system's, or the one that was chosen in this browser, on every page and from the first paint on.

import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/test';

/** The page's background, `--page` in `style/theme.css`. */
const [LIGHT, DARK] = ['rgb(245, 246, 248)', 'rgb(15, 18, 24)'];

const expectBackground = (page: Page, color: string) => expect(page.locator('body')).toHaveCSS('background-color', color);

test('a theme is chosen in the account menu, and is that of every page after it', { tag: '@phone' }, async ({ ada }) => {
  const dashboard = await ada.signIn();
  const { page } = dashboard;
  await expectBackground(page, LIGHT);
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectBackground(page, DARK);

  await dashboard.chooseTheme('Light');
  await expectBackground(page, LIGHT);
  await dashboard.account.click();
  await expect(dashboard.button('Light')).toHaveAttribute('aria-pressed', 'true');
  await dashboard.waitUntilLive();
  await ada.openWire();
  await expectBackground(page, LIGHT);

  await dashboard.chooseTheme('System');
  await expectBackground(page, DARK);
});

test('paper is light', async ({ ada }) => {
  const dashboard = await ada.signIn();
  await dashboard.chooseTheme('Dark');
  await expectBackground(dashboard.page, DARK);
  await dashboard.page.emulateMedia({ media: 'print' });
  await expectBackground(dashboard.page, LIGHT);
});

test('the account menu closes by Escape and by a press elsewhere, and says who is signed in', { tag: '@phone' }, async ({ ops }) => {
  const staffConsole = await ops.signIn();
  const signOut = staffConsole.accountMenu.getByRole('button', { name: 'Sign out' });
  for (const close of [() => staffConsole.page.keyboard.press('Escape'), () => staffConsole.page.mouse.click(5, 400)]) {
    await expect(signOut).toBeHidden();
    await staffConsole.account.click();
    await expect(signOut).toBeVisible();
    await expect(staffConsole.accountMenu).toContainText('ops Staff');
    await close();
  }
  await expect(signOut).toBeHidden();
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false, allowedConsoleErrors: /was preloaded using link preload but not used/ });

  test('a theme is chosen on the account page', { tag: '@phone' }, async ({ ada }) => {
    const { page } = ada.tab;
    await page.goto('/account');
    await ada.signInPage.signIn('ada');
    await ada.tab.button('Dark').click();
    await expect(page).toHaveURL('/account');
    await expectBackground(page, DARK);
    await expect(ada.tab.button('Dark')).toHaveAttribute('aria-pressed', 'true');
    await expect(page.locator('.notice'), 'the page itself shows it').toHaveCount(0);
    await ada.tab.signOut();
    await expect(page).toHaveURL('/sign-in');
    await expectBackground(page, DARK);
  });
});
