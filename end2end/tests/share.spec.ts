// All tabs of a person in one browser are live by one stream: one of them leads, and which one it is makes no difference to any.

import type { Page } from '@playwright/test';
import type { Caller } from '../fixtures/caller';
import { Clock } from '../fixtures/clock';
import { type Person, Tab } from '../fixtures/person';
import { expect, test } from '../fixtures/relay';

test.describe('tabs that share a line', () => {
  test('ten of them are live by one stream, and each shows each event once', { tag: '@phone' }, async ({ ada, server, caller }) => {
    const tabs = await open(ada, 10);
    expect(await server.streams()).toBe(1);
    const titles = await notify(await caller('ops'), 'Note', 5);
    for (const tab of tabs) await expectEach(tab, titles);
    expect(await server.streams()).toBe(1);
  });

  test('lose and repeat nothing when the one that leads is closed while events come', async ({ ada, server, caller }) => {
    const [first, second, ...others] = await open(ada, 4);
    const ops = await caller('ops');
    const [before] = await Promise.all([notify(ops, 'One', 8), first!.page.close()]);
    await expectEach(second!, before);
    const [after] = await Promise.all([notify(ops, 'Two', 8), second!.page.close()]);
    const titles = [...before, ...after];
    for (const tab of others) {
      await expectEach(tab, titles);
      await tab.live();
    }
    await expect.poll(() => server.streams()).toBe(1);
  });

  test('one that was rendered before what the leader has told catches up exactly', async ({ ada, server, caller }) => {
    const first = (await open(ada, 1))[0]!;
    await watchLine(first);
    const late = new Tab(await ada.context.newPage());
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await late.page.route('**/*.wasm', (route) => held.then(() => route.continue()));
    await late.page.goto('/', { waitUntil: 'commit' });
    await expect(late.who).toHaveText('ada');
    const ops = await caller('ops');
    const missed = await notify(ops, 'Missed', 3);
    await expectEach(first, missed);

    release();
    await expect(late.line).toContainText('Caught up: 3 missed');
    const titles = [...missed, ...(await notify(ops, 'After', 1))];
    for (const tab of [first, late]) await expectEach(tab, titles);
    await expect.poll(() => server.streams()).toBe(1);
    expect(await states(first), 'its line was open all the while').toEqual([]);
  });

  test('one whose line is cut lets another lead, and misses nothing when it is opened again', { tag: '@phone' }, async ({ ada, server, caller }) => {
    const [first, second] = await open(ada, 2, '/wire');
    await first!.button('Cut the line').click();
    await expect(first!.line).toHaveAttribute('data-state', 'cut');
    const ops = await caller('ops');
    const titles = await notify(ops, 'Cut', 3);
    await expectEach(second!, titles);
    await second!.live();
    expect(await toasted(first!.page)).toEqual([]);

    await first!.button('Open the line').click();
    await expect(first!.line).toContainText('Caught up: 3 missed');
    titles.push(...(await notify(ops, 'Open', 1)));
    for (const tab of [first!, second!]) {
      await expectEach(tab, titles);
      await expect(tab.page.locator('tr[data-kind=notification]')).toHaveCount(titles.length);
    }
    expect(await server.streams()).toBe(1);
  });

  test('take the lead from one that hangs, which follows when it wakes', async ({ ada, server, caller }) => {
    const first = (await open(ada, 1))[0]!;
    const second = new Tab(await ada.context.newPage());
    const clock = await Clock.install(second);
    await second.page.goto('/');
    await second.live();
    await clock.stop();
    // For the others it hangs: it holds the lead, and what it says comes late.
    await first.page.evaluate(() => {
      const { postMessage } = BroadcastChannel.prototype;
      const late: (() => void)[] = [];
      BroadcastChannel.prototype.postMessage = function (word) {
        late.push(() => postMessage.call(this, word));
      };
      const wake = () => {
        BroadcastChannel.prototype.postMessage = postMessage;
        for (const say of late) {
          // Of a channel that it has left by now.
          try {
            say();
          } catch {}
        }
      };
      Object.assign(window, { wake });
    });
    const ops = await caller('ops');
    const titles = await notify(ops, 'Hung', 2);

    await expect.poll(() => clock.pass(5_000).then(() => toasted(second.page)), { timeout: 30_000 }).toEqual(titles);
    await first.page.evaluate(() => (window as unknown as { wake: () => void }).wake());
    await expect.poll(() => server.streams(), 'it has given its stream up').toBe(1);
    titles.push(...(await notify(ops, 'Awake', 1)));
    for (const tab of [first, second]) await expectEach(tab, titles);
  });

  test.describe('when the server is gone', () => {
    test.use({ expectedComplaints: /net::ERR_/ });

    test('all say so, and each can have it tried again', async ({ ada, server, caller }) => {
      const tabs = await open(ada, 3);
      await ada.context.route('**/events?*', (route) => route.abort());
      await server.kill();
      await server.start();
      const ops = await caller('ops');
      const titles = await notify(ops, 'Gone', 3);
      // A wait of some seconds leaves the time to cut it short.
      for (const tab of tabs) await expect(tab.line).toContainText(/Reconnecting in ([5-9]|1\d) s/, { timeout: 20_000 });
      await ada.context.unroute('**/events?*');
      await tabs[2]!.button('Now').click();
      for (const tab of tabs) await tab.live();
      titles.push(...(await notify(ops, 'Back', 1)));
      for (const tab of tabs) await expectEach(tab, titles);
      expect(await server.streams()).toBe(1);
    });
  });
});

test.describe('a tab in which another signs in', () => {
  test.use({ expectedComplaints: /status of 401|net::ERR_/ });

  test("neither hears the other's events, nor tells them", async ({ ada, relay, caller }) => {
    const first = (await open(ada, 1))[0]!;
    const second = new Tab(await ada.context.newPage());
    await second.page.goto('/sign-in');
    await second.page.request.post('/api/sign_in', { form: { username: 'grace', password: 'demo' } });
    await second.page.goto('/');
    await expect(second.who).toHaveText('grace');
    await second.live();
    const ops = await caller('ops');
    await ops.notify('ada', 'For ada', 'A word from staff.');
    await ops.notify('grace', 'For grace', 'A word from staff.');
    await expect(second.note('For grace')).toHaveCount(1);
    expect(await toasted(second.page)).toEqual(['For grace']);
    expect((await toasted(first.page)).filter((title) => title !== 'For ada')).toEqual([]);

    relay.cut();
    await expect(first.page, 'her session is not this browser’s any more').toHaveURL('/sign-in?next=%2F');
    await second.live();
  });
});

test('a browser without locks has a stream for each tab', async ({ ada, server, caller }) => {
  await ada.context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }));
  const tabs = await open(ada, 3);
  expect(await server.streams()).toBe(3);
  const titles = await notify(await caller('ops'), 'Note', 2);
  for (const tab of tabs) await expectEach(tab, titles);
});

/** Signs in, and opens so many tabs at a page. The first leads. */
async function open(person: Person, count: number, path = '/'): Promise<Tab[]> {
  await person.context.addInitScript(() => {
    const toasted: string[] = [];
    const look = (node: Node) => {
      if (!(node instanceof HTMLElement)) return;
      const inside = [...node.querySelectorAll('[data-testid=toast]')];
      for (const toast of node.dataset['testid'] === 'toast' ? [node] : inside) toasted.push(toast.querySelector('strong')!.textContent!);
    };
    new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach(look))).observe(document, {
      subtree: true,
      childList: true,
    });
    Object.assign(window, { toasted });
  });
  await person.signIn();
  if (path !== '/') await person.tab.page.goto(path);
  await person.tab.live();
  const tabs = [person.tab];
  while (tabs.length < count) tabs.push(await person.newTab());
  return tabs;
}

/** What was shown as new, each time that it was. */
function toasted(page: Page): Promise<string[]> {
  return page.evaluate(() => (window as unknown as { toasted: string[] }).toasted);
}

/** Takes down each state of the line from now on. */
async function watchLine(tab: Tab): Promise<void> {
  await tab.line.evaluate((line) => {
    const states: string[] = [];
    new MutationObserver(() => states.push(line.dataset['state']!)).observe(line, { attributeFilter: ['data-state'] });
    Object.assign(window, { states });
  });
}

function states(tab: Tab): Promise<string[]> {
  return tab.page.evaluate(() => (window as unknown as { states: string[] }).states);
}

/** Sends so many notifications to ada; returns their titles. */
async function notify(ops: Caller, title: string, count: number): Promise<string[]> {
  const titles = Array.from({ length: count }, (_, number) => `${title} ${number}`);
  for (const each of titles) await ops.notify('ada', each, 'A word from staff.');
  return titles;
}

/** The last of them has come, so that nothing before it can follow any more: each has been shown as new once, and in order. */
async function expectEach(tab: Tab, titles: string[]): Promise<void> {
  await expect(tab.note(titles.at(-1)!)).toHaveCount(1);
  await expect.poll(() => toasted(tab.page)).toEqual(titles);
  await expect(tab.unread).toHaveText(String(titles.length));
}
