// The waits between attempts grow with backoff and jitter, count down and end; whatever goes wrong, there are never many attempts.

import type { DashboardPage } from '../fixtures/pages/dashboard-page';
import { PageClock } from '../fixtures/page-clock';
import { type StreamProxy, expect, test } from '../fixtures/stream-proxy';
import type { TestUser } from '../fixtures/test-user';

// A browser reports each attempt to reach a server that is down.
test.use({ allowedConsoleErrors: /net::ERR_/ });

/** In seconds. */
const MINUTE = 60;

test('the waits for a server that is down grow, and end when it is back', async ({ ada, streamProxy, server }) => {
  const [clock, dashboard] = await open(ada);
  await server.kill();
  const waits = await waitFor(3 * MINUTE, clock, dashboard, streamProxy);

  // Jitter: each wait is between half of its maximum and all of it. The maximum doubles up to half a minute.
  for (const [attempt, wait] of waits.entries()) {
    const maximum = Math.min(2 ** (attempt + 1), 30);
    expect(wait, `wait ${attempt} of ${waits}`).toBeLessThanOrEqual(maximum);
    expect(wait, `wait ${attempt} of ${waits}`).toBeGreaterThanOrEqual(maximum / 2);
  }
  await server.start();
  await dashboard.retryNow.click();
  await dashboard.waitUntilLive();
});

test('two browsers that were disconnected together do not reconnect together', async ({ ada, grace, streamProxy, server }) => {
  const [one, other] = [await open(ada), await open(grace)];
  await server.kill();
  const waits = [await waitFor(2 * MINUTE, ...one, streamProxy), await waitFor(2 * MINUTE, ...other, streamProxy)];
  expect(waits[0]).not.toEqual(waits[1]);
  await server.start();
});

test('a stream that opens and ends each time is not requested again and again', async ({ ada, streamProxy }) => {
  const [clock, dashboard] = await open(ada);
  streamProxy.endAfterFirstEvent = true;
  streamProxy.breakStreams();
  const waits = await waitFor(5 * MINUTE, clock, dashboard, streamProxy);
  expect(waits.length, `waits ${waits}`).toBeLessThanOrEqual(25);
  expect(streamProxy.requests).toBe(1 + waits.length);

  streamProxy.endAfterFirstEvent = false;
  await dashboard.retryNow.click();
  await dashboard.waitUntilLive();
  await clock.advance(10_000);
  streamProxy.breakStreams();
  await expect(dashboard.connection, 'after a stream that lasted, waits are short again').toContainText(/in [12] s/);
});

test('a cursor that is refused each time does not make the page load snapshots again and again', async ({ ada, streamProxy }) => {
  const [clock, dashboard] = await open(ada);
  streamProxy.after = 'elsewhere-1';
  streamProxy.breakStreams();
  const waits = await waitFor(5 * MINUTE, clock, dashboard, streamProxy);
  expect(waits.length, `waits ${waits}`).toBeLessThanOrEqual(25);
  // One request for the page as it opened, and one at once after the first fresh snapshot.
  expect(streamProxy.requests).toBe(2 + waits.length);
});

async function open(user: TestUser<DashboardPage>): Promise<[PageClock, DashboardPage]> {
  const clock = await PageClock.install(user.tab);
  await user.signIn();
  await clock.pause();
  return [clock, user.tab];
}

/** Lets at least so many seconds pass, each wait to its end. Returns the waits, in seconds. Checks each count-down. */
async function waitFor(seconds: number, clock: PageClock, tab: DashboardPage, streamProxy: StreamProxy): Promise<number[]> {
  const waits: number[] = [];
  for (let passed = 0; passed < seconds; passed += waits.at(-1)!) {
    await tab.expectState('waiting');
    const wait = await countDown(tab);
    const before = streamProxy.requests;
    await clock.advance(wait > 1 ? 1_000 : 0);
    expect(await countDown(tab), 'the count-down').toBe(Math.max(wait - 1, 1));
    expect(streamProxy.requests, 'no attempt before the wait is over').toBe(before);
    await clock.advance(Math.max(wait - 1, 1) * 1_000);
    await expect.poll(() => streamProxy.requests, 'an attempt when it is over').toBeGreaterThan(before);
    waits.push(wait);
  }
  await tab.expectState('waiting');
  return waits;
}

async function countDown(tab: DashboardPage): Promise<number> {
  const text = (await tab.connection.textContent()) ?? '';
  return Number(/in (\d+) s/.exec(text)?.[1] ?? expect(text, 'a count-down').toMatch(/in \d+ s/));
}
