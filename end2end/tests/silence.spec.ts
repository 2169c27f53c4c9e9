// A line that is open and bears nothing is the worst kind: nobody is told. The page finds it out by itself, as soon as it is awake, and
// misses nothing by it.

import { Clock } from '../fixtures/clock';
import type { Tab } from '../fixtures/person';
import { expect, test } from '../fixtures/relay';

const KEEP_ALIVE = 30_000;

test.describe('a line that has fallen silent', () => {
  let dashboard: Tab;
  let clock: Clock;
  let placed: number;

  test.beforeEach(async ({ ada, relay, caller }) => {
    clock = await Clock.install(ada.tab);
    dashboard = await ada.signIn();
    await clock.stop();
    await dashboard.markDocument();
    const customer = await caller('ada');
    placed = (await customer.placeOrder('mug:1')).number;
    await expect(dashboard.status(placed)).toHaveText('Placed');
    relay.silence();
    placed = (await customer.placeOrder('tea:1')).number;
  });

  test.afterEach(async ({ relay }) => {
    await expect(dashboard.status(placed)).toHaveText('Placed');
    await expect(dashboard.line).toContainText('Caught up: 1 missed');
    await expect(dashboard.orders).toHaveCount(2);
    expect(relay.asked, 'the line was opened once more').toBe(2);
    await dashboard.expectSameDocument();
  });

  test('is found out after two keep-alives and opened again', async ({ relay }) => {
    await clock.pass(2 * KEEP_ALIVE);
    await expect(dashboard.line).toHaveAttribute('data-state', 'live');
    expect(relay.asked, 'it might still speak').toBe(1);
    // No further than that: what is shown for a while then stays to be seen.
    for (let passed = 0; passed < KEEP_ALIVE && relay.asked === 1; passed += 1_000) await clock.pass(1_000);
  });

  test('is found out when the laptop wakes', async () => {
    await clock.sleep(3_600_000);
  });

  test('is found out when a tab that nobody looked at is shown again', async () => {
    await clock.hide(3_600_000);
  });
});

test.describe('a line that bears pings and nothing else', () => {
  // For the page, which stands still, a ping comes when the server sends it.
  test.use({ flags: ['--keep-alive=300ms'] });

  test('is left alone', async ({ ada, relay }) => {
    const clock = await Clock.install(ada.tab);
    const dashboard = await ada.signIn();
    await clock.stop();
    // Two keep-alives pass from one ping to the next, and some seconds in all: often enough for the watch to look.
    for (let heard = 0; heard < 12; heard += 1) {
      const before = clock.frames.length;
      await expect.poll(() => clock.frames.length).toBeGreaterThan(before);
      await clock.pass(2 * 300);
      await expect(dashboard.line).toHaveText('Live');
    }
    expect(new Set(clock.frames)).toEqual(new Set(['connected', 'ping']));
    expect(relay.asked).toBe(1);
  });
});

test.describe('a try that nothing comes of', () => {
  test.use({ expectedComplaints: /net::ERR_/ });

  test('is given up, and counts', async ({ ada, relay }) => {
    const clock = await Clock.install(ada.tab);
    const dashboard = await ada.signIn();
    await clock.stop();
    relay.hold();
    relay.cut();
    await expect(dashboard.line).toHaveAttribute('data-state', 'waiting');
    await dashboard.button('Now').click();
    await expect(dashboard.line).toHaveText('Connecting…');
    await expect.poll(() => relay.asked).toBe(2);
    await clock.pass(3 * KEEP_ALIVE);
    await expect.poll(() => relay.asked, 'it is tried again').toBe(3);
    relay.release();
    await dashboard.live();
  });
});
