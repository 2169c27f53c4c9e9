// The sign-in page leads back to the page that asked for it, and never to another site.

import { expect, test } from '../fixtures/stream-proxy';
import { TEST_IDS, testIdSelector } from '../fixtures/test-ids';

test.use({ allowedConsoleErrors: /status of 401|net::ERR_/ });

test('a session that has ended leads to the sign-in page, and from there back', { tag: '@phone' }, async ({ ops, streamProxy, signInToApi }) => {
  const customer = await signInToApi('ada');
  const older = await customer.placeOrder({ mug: 1 });
  const newer = await customer.placeOrder({ tea: 1 });
  const staffConsole = await ops.signIn();
  const path = `/console?before=${newer.number}`;
  await staffConsole.page.goto(path);
  await staffConsole.waitUntilLive();

  await ops.context.clearCookies();
  streamProxy.breakStreams();
  await expect(staffConsole.page).toHaveURL(`/sign-in?next=${encodeURIComponent(path)}`);
  await ops.signInPage.signIn('ops');
  await expect(staffConsole.page).toHaveURL(path);
  await staffConsole.waitUntilLive();
  await expect(staffConsole.order(older.number)).toBeVisible();
  await expect(staffConsole.orders).toHaveCount(1);
});

test('a page that reconnects never shows the data of another user who has signed in meanwhile', async ({ ada, streamProxy, signInToApi }) => {
  const dashboard = await ada.signIn();
  streamProxy.holdStreams();
  streamProxy.breakStreams();
  const other = await ada.context.newPage();
  await other.request.post('/api/sign_in', { form: { username: 'grace', password: 'demo' } });
  await (await signInToApi('grace')).placeOrder({ mug: 1 });
  const shownOrders: string[] = [];
  await dashboard.page.exposeFunction('recordOrder', (text: string) => shownOrders.push(text));
  await dashboard.page.evaluate((selector) => {
    const { recordOrder } = window as unknown as { recordOrder: (text: string) => void };
    const record = () => document.querySelectorAll(selector).forEach((row) => recordOrder(row.textContent!));
    new MutationObserver(record).observe(document.body, { subtree: true, childList: true });
  }, testIdSelector(TEST_IDS.order));
  streamProxy.releaseStreams();
  await expect(dashboard.page).toHaveURL('/sign-in?next=%2F');
  expect(shownOrders).toEqual([]);
});

test('the server redirects every page to the sign-in page', async ({ request }) => {
  for (const path of ['/', '/console', '/console?before=7']) {
    const response = await request.get(path, { maxRedirects: 0 });
    expect(response.status()).toBe(302);
    const to = new URL(response.headers()['location']!, 'http://here.example');
    expect([to.host, to.pathname, to.searchParams.get('next')]).toEqual(['here.example', '/sign-in', path]);
  }
});

test('a customer who asked for a staff page is led to their own', async ({ ada }) => {
  await ada.tab.page.goto('/console');
  await ada.signInPage.signIn('ada');
  await expect(ada.tab.page).toHaveURL('/');
  await ada.tab.waitUntilLive();
});

for (const target of ['//evil.example/', 'https://evil.example/', '/\\evil.example/', '/\t/evil.example/', '/.//evil.example/']) {
  test(`a link to the sign-in page cannot lead to ${JSON.stringify(target)}`, async ({ ada, request }) => {
    await ada.tab.page.goto(`/sign-in?next=${encodeURIComponent(target)}`);
    await ada.signInPage.signIn('ada');
    await ada.tab.waitUntilLive();
    await expect(ada.tab.page).toHaveURL('/');

    const form = { username: 'ada', password: 'demo', next: target };
    const response = await request.post('/api/sign_in', { form, headers: { accept: 'text/html' }, maxRedirects: 0 });
    expect([response.status(), response.headers()['location']]).toEqual([303, '/']);
  });
}

test('one press signs in as a demo user, and the first field has the focus', { tag: '@phone' }, async ({ ops }) => {
  const { page } = ops.tab;
  await page.goto('/sign-in?next=%2Fwire');
  await expect(page.getByLabel('User name')).toBeFocused();
  await page.getByRole('button', { name: 'Sign in as ops, Staff' }).click();
  await expect(page).toHaveURL('/wire');
  await ops.tab.waitUntilLive();
  await expect(ops.tab.account).toBeVisible();
});
