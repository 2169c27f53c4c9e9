// Leader election: all tabs of a user in one browser are live by one stream. One tab leads, the others follow, and which one leads makes
// no difference to any of them.

import type { Page } from '@playwright/test';
import type { ApiClient } from '../fixtures/api-client';
import { PageClock } from '../fixtures/page-clock';
import type { AppPage } from '../fixtures/pages/app-page';
import type { DashboardPage } from '../fixtures/pages/dashboard-page';
import { WirePage } from '../fixtures/pages/wire-page';
import { expect, test } from '../fixtures/stream-proxy';
import { TEST_IDS, testIdSelector } from '../fixtures/test-ids';
import type { TestUser } from '../fixtures/test-user';

test.describe('tabs that share a stream', () => {
  test('ten tabs are live by one stream, and each shows each event once', { tag: '@phone' }, async ({ ada, server, signInToApi }) => {
    const tabs = await open(ada, 10);
    expect(await server.openStreams()).toBe(1);
    const titles = await notify(await signInToApi('ops'), 'Notification', 5);
    for (const tab of tabs) await expectEach(tab, titles);
    expect(await server.openStreams()).toBe(1);
  });

  test('followers lose and repeat nothing when the leader is closed while events come', { tag: '@firefox' }, async ({ ada, server, signInToApi }) => {
    const [first, second, ...others] = await open(ada, 4);
    const staff = await signInToApi('ops');
    const [before] = await Promise.all([notify(staff, 'One', 8), first!.page.close()]);
    await expectEach(second!, before);
    const [after] = await Promise.all([notify(staff, 'Two', 8), second!.page.close()]);
    const titles = [...before, ...after];
    for (const tab of others) {
      await expectEach(tab, titles);
      await tab.waitUntilLive();
    }
    await expect.poll(() => server.openStreams()).toBe(1);
  });

  test('a tab that was rendered before events that the leader has relayed catches up exactly', async ({ ada, server, signInToApi }) => {
    const first = (await open(ada, 1))[0]!;
    await recordStates(first);
    const late = await ada.newBlankTab();
    let releaseWasm = () => {};
    const released = new Promise<void>((resolve) => (releaseWasm = resolve));
    await late.page.route('**/*.wasm', (route) => released.then(() => route.continue()));
    await late.page.goto('/', { waitUntil: 'commit' });
    await expect(late.username).toHaveText('ada');
    const staff = await signInToApi('ops');
    const missed = await notify(staff, 'Missed', 3);
    await expectEach(first, missed);

    releaseWasm();
    await late.expectCaughtUp(3);
    const titles = [...missed, ...(await notify(staff, 'After', 1))];
    for (const tab of [first, late]) await expectEach(tab, titles);
    await expect.poll(() => server.openStreams()).toBe(1);
    expect(await recordedStates(first), "the leader's stream was open all the while").toEqual([]);
  });

  test('a leader that disconnects hands over, and misses nothing when it reconnects', { tag: '@phone' }, async ({ ada, server, signInToApi }) => {
    const [first, second] = (await open(ada, 2, '/wire')).map((tab) => new WirePage(tab.page));
    await first!.disconnect.click();
    await first!.expectState('disconnected');
    const staff = await signInToApi('ops');
    const titles = await notify(staff, 'Disconnected', 3);
    await expectEach(second!, titles);
    await second!.waitUntilLive();
    expect(await recordedToasts(first!.page)).toEqual([]);

    await first!.disconnect.click();
    await first!.expectCaughtUp(3);
    titles.push(...(await notify(staff, 'Reconnected', 1)));
    for (const tab of [first!, second!]) {
      await expectEach(tab, titles);
      await expect(tab.eventsOfType('notification')).toHaveCount(titles.length);
    }
    expect(await server.openStreams()).toBe(1);
  });

  test('a leader that hangs is replaced, and follows when it runs again', async ({ ada, server, signInToApi }) => {
    const first = (await open(ada, 1))[0]!;
    const second = await ada.newBlankTab();
    const clock = await PageClock.install(second);
    await second.page.goto('/');
    await second.waitUntilLive();
    await clock.pause();
    // To the others the leader hangs: it holds the lock, and its messages come late.
    await first.page.evaluate(() => {
      const { postMessage } = BroadcastChannel.prototype;
      const late: (() => void)[] = [];
      BroadcastChannel.prototype.postMessage = function (message) {
        late.push(() => postMessage.call(this, message));
      };
      const resume = () => {
        BroadcastChannel.prototype.postMessage = postMessage;
        for (const post of late) {
          // A channel that it has closed by now throws.
          try {
            post();
          } catch {}
        }
      };
      Object.assign(window, { resume });
    });
    const staff = await signInToApi('ops');
    const titles = await notify(staff, 'Hung', 2);

    await expect.poll(() => clock.advance(5_000).then(() => recordedToasts(second.page)), { timeout: 30_000 }).toEqual(titles);
    await first.page.evaluate(() => (window as unknown as { resume: () => void }).resume());
    await expect.poll(() => server.openStreams(), 'it has closed its stream').toBe(1);
    titles.push(...(await notify(staff, 'Resumed', 1)));
    for (const tab of [first, second]) await expectEach(tab, titles);
  });

  test.describe('when the server is down', () => {
    test.use({ allowedConsoleErrors: /net::ERR_/ });

    test('all tabs say so, and each can retry for all', async ({ ada, server, signInToApi }) => {
      const tabs = await open(ada, 3);
      await ada.context.route('**/events?*', (route) => route.abort());
      await server.kill();
      await server.start();
      const staff = await signInToApi('ops');
      const titles = await notify(staff, 'Down', 3);
      // A wait of some seconds leaves the time to end it early.
      for (const tab of tabs) await expect(tab.connection).toContainText(/Reconnecting in ([5-9]|1\d) s/, { timeout: 20_000 });
      await ada.context.unroute('**/events?*');
      await tabs[2]!.retryNow.click();
      for (const tab of tabs) await tab.waitUntilLive();
      titles.push(...(await notify(staff, 'Up', 1)));
      for (const tab of tabs) await expectEach(tab, titles);
      expect(await server.openStreams()).toBe(1);
    });
  });
});

test.describe('two users in one browser', () => {
  test.use({ allowedConsoleErrors: /status of 401|net::ERR_/ });

  test("neither tab receives the other user's events", async ({ ada, streamProxy, signInToApi }) => {
    const first = (await open(ada, 1))[0]!;
    const second = await ada.newBlankTab();
    await second.page.goto('/sign-in');
    await second.page.request.post('/api/sign_in', { form: { username: 'grace', password: 'demo' } });
    await second.page.goto('/');
    await expect(second.username).toHaveText('grace');
    await second.waitUntilLive();
    const staff = await signInToApi('ops');
    await staff.notify('ada', 'For ada', 'A message from staff.');
    await staff.notify('grace', 'For grace', 'A message from staff.');
    await expect(second.notification('For grace')).toHaveCount(1);
    expect(await recordedToasts(second.page)).toEqual(['For grace']);
    expect((await recordedToasts(first.page)).filter((title) => title !== 'For ada')).toEqual([]);

    streamProxy.breakStreams();
    await expect(first.page, "this browser's session is grace's now").toHaveURL('/sign-in?next=%2F');
    await second.waitUntilLive();
  });
});

test('in a browser without Web Locks each tab has a stream', async ({ ada, server, signInToApi }) => {
  await ada.context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }));
  const tabs = await open(ada, 3);
  expect(await server.openStreams()).toBe(3);
  const titles = await notify(await signInToApi('ops'), 'Notification', 2);
  for (const tab of tabs) await expectEach(tab, titles);
});

/** Signs in, and opens so many tabs at a page. The first one leads. Each records its toasts. */
async function open(user: TestUser<DashboardPage>, count: number, path = '/'): Promise<DashboardPage[]> {
  await user.context.addInitScript((toastSelector) => {
    const toasts: string[] = [];
    const record = (node: Node) => {
      if (!(node instanceof HTMLElement)) return;
      const added = node.matches(toastSelector) ? [node] : [...node.querySelectorAll(toastSelector)];
      for (const toast of added) toasts.push(toast.querySelector('strong')!.textContent!);
    };
    new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach(record))).observe(document, {
      subtree: true,
      childList: true,
    });
    Object.assign(window, { toasts });
  }, testIdSelector(TEST_IDS.toast));
  await user.signIn();
  if (path !== '/') await user.tab.page.goto(path);
  await user.tab.waitUntilLive();
  const tabs = [user.tab];
  while (tabs.length < count) tabs.push(await user.newTab());
  return tabs;
}

/** The titles of all toasts, each as often as it was shown. */
function recordedToasts(page: Page): Promise<string[]> {
  return page.evaluate(() => (window as unknown as { toasts: string[] }).toasts);
}

/** Records each state of the connection from now on. */
async function recordStates(tab: AppPage): Promise<void> {
  await tab.connection.evaluate((badge) => {
    const states: string[] = [];
    new MutationObserver(() => states.push(badge.dataset['state']!)).observe(badge, { attributeFilter: ['data-state'] });
    Object.assign(window, { states });
  });
}

function recordedStates(tab: AppPage): Promise<string[]> {
  return tab.page.evaluate(() => (window as unknown as { states: string[] }).states);
}

/** Sends so many notifications to ada, and returns their titles. */
async function notify(staff: ApiClient, title: string, count: number): Promise<string[]> {
  const titles = Array.from({ length: count }, (_, number) => `${title} ${number}`);
  for (const each of titles) await staff.notify('ada', each, 'A message from staff.');
  return titles;
}

/** The last notification has come, so that none before it can follow any more: each was shown once, in order. */
async function expectEach(tab: AppPage, titles: string[]): Promise<void> {
  await expect(tab.notification(titles.at(-1)!)).toHaveCount(1);
  await expect.poll(() => recordedToasts(tab.page)).toEqual(titles);
  await expect(tab.unreadCount).toHaveText(String(titles.length));
}
