// The guided start of `--demo-shop`: three cards on the customer's page and on the console, until they are hidden.

import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '../fixtures/test';

const TITLES = ['Open a second window', 'Cut the connection', 'Stop the server'];

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ flags: ['--demo-shop'], javaScriptEnabled, allowedConsoleErrors: /was preloaded using link preload but not used/ });

    for (const name of ['ada', 'ops'] as const) {
      test(`three things to try lead ${name} to the wire, and are hidden for good at a press`, { tag: '@phone' }, async ({ ada, ops }) => {
        const user = { ada, ops }[name];
        await user.signInPage.open();
        await user.signInPage.signIn(user.name);
        const guide = user.tab.guide;
        await expect(guide.getByRole('heading', { level: 3 })).toHaveText(TITLES);
        for (const link of await guide.getByRole('link').all()) await expect(link).toHaveAttribute('href', '/wire');
        if (javaScriptEnabled) expect((await new AxeBuilder({ page: user.tab.page }).include('.guide').analyze()).violations).toEqual([]);
        const { pathname } = new URL(user.tab.page.url());
        await guide.getByRole('button', { name: 'Hide' }).click();
        await expect(guide).toHaveCount(0);
        await expect(user.tab.page).toHaveURL((url) => url.pathname === pathname);
        await user.tab.page.reload();
        await expect(user.tab.username).toHaveText(user.name);
        await expect(guide).toHaveCount(0);
      });
    }
  });
}

test('a demo without a shop has no guide', async ({ ada }) => {
  const dashboard = await ada.signIn();
  await expect(dashboard.guide).toHaveCount(0);
});
