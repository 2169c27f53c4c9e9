// A connection that is open and carries nothing is the hardest failure, because nothing reports it. The page's watchdog finds it as soon as
// the page runs, and no event is missed.

import type { DashboardPage } from '../fixtures/pages/dashboard-page';
import { PageClock } from '../fixtures/page-clock';
import { expect, test } from '../fixtures/stream-proxy';

const KEEP_ALIVE = 30_000;

test.describe('a silent connection', () => {
  let dashboard: DashboardPage;
  let clock: PageClock;
  let placed: number;

  test.beforeEach(async ({ ada, streamProxy, signInToApi }) => {
    clock = await PageClock.install(ada.tab);
    dashboard = await ada.signIn();
    await clock.pause();
    await dashboard.markDocument();
    const customer = await signInToApi('ada');
    placed = (await customer.placeOrder({ mug: 1 })).number;
    await expect(dashboard.status(placed)).toHaveText('Placed');
    streamProxy.silenceStreams();
    placed = (await customer.placeOrder({ tea: 1 })).number;
  });

  test.afterEach(async ({ streamProxy }) => {
    await expect(dashboard.status(placed)).toHaveText('Placed');
    await dashboard.expectCaughtUp(1);
    await expect(dashboard.orders).toHaveCount(2);
    expect(streamProxy.requests, 'it was opened once more').toBe(2);
    await dashboard.expectSameDocument();
  });

  test('is replaced after two keep-alives', { tag: '@firefox' }, async ({ streamProxy }) => {
    await clock.advance(2 * KEEP_ALIVE);
    await dashboard.expectState('live');
    expect(streamProxy.requests, 'a late keep-alive could still come').toBe(1);
    // No further than necessary: "caught up" is shown for some seconds only.
    for (let passed = 0; passed < KEEP_ALIVE && streamProxy.requests === 1; passed += 1_000) await clock.advance(1_000);
  });

  test('is replaced when the laptop wakes', async () => {
    await clock.jump(3_600_000);
  });

  test('is replaced when a hidden tab is shown', async () => {
    await clock.jumpWhileHidden(3_600_000);
  });
});

test.describe('a connection that carries keep-alives only', () => {
  // The page's clock stands still; a keep-alive comes when the server sends it.
  test.use({ flags: ['--keep-alive=300ms'] });

  test('is kept', async ({ ada, streamProxy }) => {
    const clock = await PageClock.install(ada.tab);
    await clock.recordEvents();
    const dashboard = await ada.signIn();
    await clock.pause();
    // Two keep-alive intervals pass between two pings, and some seconds in all: the watchdog runs several times.
    for (let pings = 0; pings < 12; pings += 1) {
      const before = clock.receivedEvents.length;
      await expect.poll(() => clock.receivedEvents.length).toBeGreaterThan(before);
      await clock.advance(2 * 300);
      await expect(dashboard.connection).toHaveText('Live');
    }
    expect(new Set(clock.receivedEvents)).toEqual(new Set(['connected', 'ping']));
    expect(streamProxy.requests).toBe(1);
  });
});

test.describe('an attempt that gets no response', () => {
  test.use({ allowedConsoleErrors: /net::ERR_/ });

  test('is given up, and the next one follows', async ({ ada, streamProxy }) => {
    const clock = await PageClock.install(ada.tab);
    const dashboard = await ada.signIn();
    await clock.pause();
    streamProxy.holdStreams();
    streamProxy.breakStreams();
    await dashboard.expectState('waiting');
    await dashboard.retryNow.click();
    await expect(dashboard.connection).toHaveText('Connecting…');
    await expect.poll(() => streamProxy.requests).toBe(2);
    await clock.advance(3 * KEEP_ALIVE);
    await expect.poll(() => streamProxy.requests, 'it is tried again').toBe(3);
    streamProxy.releaseStreams();
    await dashboard.waitUntilLive();
  });
});
