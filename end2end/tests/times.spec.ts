// Times are in the reader's zone and notation, follow the server's clock, and go on after a page was restored.

import { expect, test } from '../fixtures/test';

test.use({ allowedConsoleErrors: /status of 404/ });

test.describe('for a reader in Tokyo', () => {
  test.use({ contextOptions: { timezoneId: 'Asia/Tokyo', locale: 'de-DE' } });

  test('the exact time is in their zone and notation', { tag: '@phone' }, async ({ ada, signInToApi }) => {
    await (await signInToApi('ada')).placeOrder({ mug: 1 });
    const dashboard = await ada.signIn();
    const time = dashboard.orders.getByRole('time').first();
    await expect(time).toHaveText('just now');
    await expect(time).toHaveAttribute('title', /^\d{2}\.\d{2}\.\d{4}, \d{2}:\d{2}:\d{2} (GMT\+9|JST)$/);
    const [exact, at] = [await time.getAttribute('title'), new Date((await time.getAttribute('datetime'))!)];
    expect(exact).toContain(at.toLocaleTimeString('de-DE', { timeZone: 'Asia/Tokyo' }));
  });
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the exact time is in UTC, and says so', async ({ ada, signInToApi }) => {
    await (await signInToApi('ada')).placeOrder({ mug: 1 });
    await ada.signInPage.open();
    await ada.signInPage.signIn('ada');
    await expect(ada.tab.orders.getByRole('time').first()).toHaveAttribute('title', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
  });
});

test('a clock that is an hour ahead does not make a new order an hour old', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  await ada.tab.page.clock.install({ time: Date.now() + 3_600_000 });
  const dashboard = await ada.signIn();
  await (await signInToApi('ada')).placeOrder({ mug: 1 });
  await expect(dashboard.orders.getByRole('time').first()).toHaveText('just now');
});

test.describe('on a stream that is silent for hours', () => {
  test.use({ flags: ['--keep-alive=1h'] });

  test('times go on, also on a page that was restored', async ({ ada, signInToApi }) => {
    await (await signInToApi('ada')).placeOrder({ mug: 1 });
    await ada.tab.page.clock.install();
    const dashboard = await ada.signIn();
    const time = dashboard.orders.getByRole('time').first();
    await dashboard.page.clock.runFor(180_000);
    await expect(time).toHaveText('3 min ago');
    // As a browser does that has kept the text of before.
    await time.evaluate((element) => (element.textContent = 'just now'));
    await dashboard.page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false })));
    await expect(time).toHaveText('3 min ago');
  });
});
