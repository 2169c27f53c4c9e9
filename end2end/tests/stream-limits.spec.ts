// Where a limit leaves no room for one more stream, the page says so and why, tries again no sooner than it was asked to, and misses
// nothing.

import type { AppPage } from '../fixtures/pages/app-page';
import { DashboardPage } from '../fixtures/pages/dashboard-page';
import { SignInPage } from '../fixtures/pages/sign-in-page';
import { PageClock } from '../fixtures/page-clock';
import { type StreamProxy, expect, test } from '../fixtures/stream-proxy';

test.use({ allowedConsoleErrors: /status of (429|503)/ });

/** The server's `retry-after`, in seconds. */
const RETRY_AFTER = 5;

test.describe('with too many streams of one user', () => {
  test.use({ flags: ['--max-streams-per-user=1'] });

  test('a further browser waits for its turn', { tag: '@phone' }, async ({ ada, browser, baseURL, streamProxy, server, signInToApi }) => {
    await ada.signIn();
    const otherDevice = await browser.newContext({ baseURL });
    const other = new DashboardPage(await otherDevice.newPage());
    const clock = await PageClock.install(other);
    await other.page.goto('/');
    await new SignInPage(other.page).signIn('ada');
    await expectBackoff(other, 'Too many connections', streamProxy, clock);

    const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
    await ada.tab.page.close();
    await expect.poll(() => server.openStreams()).toBe(0);
    await other.retryNow.click();
    await other.waitUntilLive();
    await expect(other.status(order.number)).toHaveText('Placed');
    await other.expectCaughtUp(1);
    await otherDevice.close();
  });
});

test.describe('with too many streams in all', () => {
  test.use({ flags: ['--max-streams=1'] });

  test('a page tries again by itself', { tag: '@phone' }, async ({ ada, grace, streamProxy, server, signInToApi }) => {
    await ada.signIn();
    const { tab } = grace;
    const clock = await PageClock.install(tab);
    await tab.page.goto('/');
    await grace.signInPage.signIn('grace');
    await expectBackoff(tab, 'Server busy', streamProxy, clock);

    const order = await (await signInToApi('grace')).placeOrder({ mug: 1 });
    await ada.tab.page.close();
    await expect.poll(() => server.openStreams()).toBe(0);
    const { requests } = streamProxy;
    await expect.poll(() => clock.advance(1_000).then(() => streamProxy.requests), { intervals: [50] }).toBeGreaterThan(requests);
    await tab.waitUntilLive();
    await expect(tab.status(order.number)).toHaveText('Placed');
    await tab.expectCaughtUp(1);
  });
});

/** The page shows why it waits and for how long, and keeps to it. */
async function expectBackoff(tab: AppPage, reason: string, streamProxy: StreamProxy, clock: PageClock): Promise<void> {
  await tab.expectState('waiting');
  await expect(tab.connection).toContainText(reason);
  await expect(tab.retryNow).toBeVisible();
  await clock.pause();
  const { requests } = streamProxy;
  const seconds = await countDown(tab);
  expect(seconds).toBeGreaterThan(0);
  await clock.advance((seconds - 1) * 1_000);
  expect(streamProxy.requests).toBe(requests);
  await clock.advance(1_000);
  await expect.poll(() => streamProxy.requests).toBeGreaterThan(requests);
  // The second refusal: no sooner than the server asked for.
  await expect.poll(() => clock.advance(100).then(() => tab.connection.getAttribute('data-state'))).toBe('waiting');
  expect(await countDown(tab)).toBeGreaterThan(RETRY_AFTER);
  await expect(tab.connection).toContainText(reason);
}

async function countDown(tab: AppPage): Promise<number> {
  return Number(/in (\d+) s/.exec((await tab.connection.textContent()) ?? '')?.[1]);
}
