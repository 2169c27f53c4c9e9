// Where there is no room for one more stream, the page says so and why, comes again no sooner than it was asked to, and misses nothing.

import { Clock } from '../fixtures/clock';
import { Tab } from '../fixtures/person';
import { type Relay, expect, test } from '../fixtures/relay';

test.use({ expectedComplaints: /status of (429|503)/ });

/** What the server's `retry-after` says. */
const ROOM_AFTER = 5;

test.describe('too many browsers of one person', () => {
  test.use({ flags: ['--max-streams-per-user=1'] });

  test('the one that finds no room waits for it', { tag: '@phone' }, async ({ ada, browser, baseURL, relay, server, caller }) => {
    await ada.signIn();
    const elsewhere = await browser.newContext({ baseURL });
    const other = new Tab(await elsewhere.newPage());
    const clock = await Clock.install(other);
    await other.page.goto('/');
    await other.fillSignIn('ada', 'demo');
    await expectWait(other, 'Too many browsers', relay, clock);

    const order = await (await caller('ada')).placeOrder('mug:1');
    await ada.tab.page.close();
    await expect.poll(() => server.streams()).toBe(0);
    await other.button('Now').click();
    await other.live();
    await expect(other.status(order.number)).toHaveText('Placed');
    await expect(other.line).toContainText('Caught up: 1 missed');
    await elsewhere.close();
  });
});

test.describe('a server that is full', () => {
  test.use({ flags: ['--max-streams=1'] });

  test('is tried again by itself', { tag: '@phone' }, async ({ ada, grace, relay, server, caller }) => {
    await ada.signIn();
    const { tab } = grace;
    const clock = await Clock.install(tab);
    await tab.page.goto('/');
    await tab.fillSignIn('grace', 'demo');
    await expectWait(tab, 'Server busy', relay, clock);

    const order = await (await caller('grace')).placeOrder('mug:1');
    await ada.tab.page.close();
    await expect.poll(() => server.streams()).toBe(0);
    const { asked } = relay;
    await expect.poll(() => clock.pass(1_000).then(() => relay.asked), { intervals: [50] }).toBeGreaterThan(asked);
    await tab.live();
    await expect(tab.status(order.number)).toHaveText('Placed');
    await expect(tab.line).toContainText('Caught up: 1 missed');
  });
});

/** That the page tells why it waits and for how long, and keeps to it. */
async function expectWait(tab: Tab, why: string, relay: Relay, clock: Clock): Promise<void> {
  await expect(tab.line).toHaveAttribute('data-state', 'waiting');
  await expect(tab.line).toContainText(why);
  await expect(tab.button('Now')).toBeVisible();
  await clock.stop();
  const { asked } = relay;
  const seconds = Number(/in (\d+) s/.exec((await tab.line.textContent()) ?? '')?.[1]);
  expect(seconds).toBeGreaterThan(0);
  await clock.pass((seconds - 1) * 1_000);
  expect(relay.asked).toBe(asked);
  await clock.pass(1_000);
  await expect.poll(() => relay.asked).toBeGreaterThan(asked);
  // The second refusal: no sooner than the server wishes.
  await expect.poll(() => clock.pass(100).then(() => tab.line.getAttribute('data-state'))).toBe('waiting');
  const again = Number(/in (\d+) s/.exec((await tab.line.textContent()) ?? '')?.[1]);
  expect(again).toBeGreaterThan(ROOM_AFTER);
  await expect(tab.line).toContainText(why);
}
