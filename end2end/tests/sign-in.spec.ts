// Whoever has to sign in is led back to where they were, and never anywhere else.

import { expect, test } from '../fixtures/relay';

test.use({ expectedComplaints: /status of 401|net::ERR_/ });

test('a session that has ended leads to the sign-in page, and from there back', { tag: '@phone' }, async ({ ops, relay, caller }) => {
  const customer = await caller('ada');
  const older = await customer.placeOrder('mug:1');
  const newer = await customer.placeOrder('tea:1');
  const desk = await ops.signIn();
  const place = `/console?before=${newer.number}`;
  await desk.page.goto(place);
  await desk.live();

  await ops.context.clearCookies();
  relay.cut();
  await expect(desk.page).toHaveURL(`/sign-in?next=${encodeURIComponent(place)}`);
  await desk.fillSignIn('ops', 'demo');
  await expect(desk.page).toHaveURL(place);
  await desk.live();
  await expect(desk.order(older.number)).toBeVisible();
  await expect(desk.orders).toHaveCount(1);
});

test("a page never shows what is another's, who signs in in its browser while its line is down", async ({ ada, relay, caller }) => {
  const dashboard = await ada.signIn();
  relay.hold();
  relay.cut();
  const other = await ada.context.newPage();
  await other.request.post('/api/sign_in', { form: { username: 'grace', password: 'demo' } });
  await (await caller('grace')).placeOrder('mug:1');
  const seen: string[] = [];
  await dashboard.page.exposeFunction('saw', (row: string) => seen.push(row));
  await dashboard.page.evaluate(() => {
    const { saw } = window as unknown as { saw: (row: string) => void };
    const look = () => document.querySelectorAll('[data-testid=order]').forEach((row) => saw(row.textContent!));
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
  });
  relay.release();
  await expect(dashboard.page).toHaveURL('/sign-in?next=%2F');
  expect(seen).toEqual([]);
});

test('the server leads there itself, by the address of each page', async ({ request }) => {
  for (const place of ['/', '/console', '/console?before=7']) {
    const answer = await request.get(place, { maxRedirects: 0 });
    expect(answer.status()).toBe(302);
    const to = new URL(answer.headers()['location']!, 'http://here.example');
    expect([to.host, to.pathname, to.searchParams.get('next')]).toEqual(['here.example', '/sign-in', place]);
  }
});

test('a customer who asked for a staff page ends at their own', async ({ ada }) => {
  await ada.tab.page.goto('/console');
  await ada.tab.fillSignIn('ada', 'demo');
  await expect(ada.tab.page).toHaveURL('/');
  await ada.tab.live();
});

for (const elsewhere of ['//evil.example/', 'https://evil.example/', '/\\evil.example/', '/\t/evil.example/', '/.//evil.example/']) {
  test(`a link to the sign-in page cannot lead to ${JSON.stringify(elsewhere)}`, async ({ ada, request }) => {
    await ada.tab.page.goto(`/sign-in?next=${encodeURIComponent(elsewhere)}`);
    await ada.tab.fillSignIn('ada', 'demo');
    await ada.tab.live();
    await expect(ada.tab.page).toHaveURL('/');

    const form = { username: 'ada', password: 'demo', next: elsewhere };
    const answer = await request.post('/api/sign_in', { form, headers: { accept: 'text/html' }, maxRedirects: 0 });
    expect([answer.status(), answer.headers()['location']]).toEqual([302, '/']);
  });
}
