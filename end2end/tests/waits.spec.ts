// The waits between tries: they grow, they count down, they end, and there are never many of them, whatever it is that goes wrong.

import { Clock } from '../fixtures/clock';
import type { Person, Tab } from '../fixtures/person';
import { type Relay, expect, test } from '../fixtures/relay';

// A browser reports each attempt to reach a server that is not there.
test.use({ expectedComplaints: /net::ERR_/ });

const MINUTES = 60;

test('the waits for a server that is gone grow, and end when it is back', async ({ ada, relay, server }) => {
  const [clock, dashboard] = await open(ada);
  await server.kill();
  const waits = await waitFor(3 * MINUTES, clock, dashboard, relay);

  // Each between half and all of what it may be, which doubles up to half a minute.
  const most = waits.map((_, tries) => Math.min(2 ** (tries + 1), 30));
  for (const [tries, wait] of waits.entries()) {
    expect(wait, `wait ${tries} of ${waits}`).toBeLessThanOrEqual(most[tries]!);
    expect(wait, `wait ${tries} of ${waits}`).toBeGreaterThanOrEqual(most[tries]! / 2);
  }
  await server.start();
  await dashboard.button('Now').click();
  await dashboard.live();
});

test('two tabs that lost the line together do not come back together', async ({ ada, grace, relay, server }) => {
  const [one, other] = [await open(ada), await open(grace)];
  await server.kill();
  const waits = [await waitFor(2 * MINUTES, ...one, relay), await waitFor(2 * MINUTES, ...other, relay)];
  expect(waits[0]).not.toEqual(waits[1]);
  await server.start();
});

test('a line that is taken and ended each time is not asked for again and again', async ({ ada, relay }) => {
  const [clock, dashboard] = await open(ada);
  relay.endsEach = true;
  relay.cut();
  const waits = await waitFor(5 * MINUTES, clock, dashboard, relay);
  expect(waits.length, `waits ${waits}`).toBeLessThanOrEqual(25);
  expect(relay.asked).toBe(1 + waits.length);

  relay.endsEach = false;
  await dashboard.button('Now').click();
  await dashboard.live();
  await clock.pass(10_000);
  relay.cut();
  await expect(dashboard.line, 'after a line that held, waits are short again').toContainText(/in [12] s/);
});

test('a position that is never taken does not make the page fetch itself again and again', async ({ ada, relay }) => {
  const [clock, dashboard] = await open(ada);
  relay.after = 'elsewhere-1';
  relay.cut();
  const waits = await waitFor(5 * MINUTES, clock, dashboard, relay);
  expect(waits.length, `waits ${waits}`).toBeLessThanOrEqual(25);
  // One for the page that came, and one at once with the first fresh snapshot.
  expect(relay.asked).toBe(2 + waits.length);
});

async function open(person: Person): Promise<[Clock, Tab]> {
  const clock = await Clock.install(person.tab);
  await person.signIn();
  await clock.stop();
  return [clock, person.tab];
}

/** Lets at least so many seconds pass, each wait to its end, and returns the waits that the page announced. The count-down is checked. */
async function waitFor(seconds: number, clock: Clock, tab: Tab, relay: Relay): Promise<number[]> {
  const waits: number[] = [];
  for (let passed = 0; passed < seconds; passed += waits.at(-1)!) {
    await expect(tab.line).toHaveAttribute('data-state', 'waiting');
    const wait = await announced(tab);
    const before = relay.asked;
    await clock.pass(wait > 1 ? 1_000 : 0);
    expect(await announced(tab), 'the count-down').toBe(Math.max(wait - 1, 1));
    expect(relay.asked, 'not before the wait is over').toBe(before);
    await clock.pass(Math.max(wait - 1, 1) * 1_000);
    await expect.poll(() => relay.asked, 'it ends when it says').toBeGreaterThan(before);
    waits.push(wait);
  }
  await expect(tab.line).toHaveAttribute('data-state', 'waiting');
  return waits;
}

async function announced(tab: Tab): Promise<number> {
  const text = (await tab.line.textContent()) ?? '';
  return Number(/in (\d+) s/.exec(text)?.[1] ?? expect(text, 'a count-down').toMatch(/in \d+ s/));
}
