// Each kind of page has a stylesheet of its own, and no page misses a rule: none that selects something on it stands elsewhere alone.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '../fixtures/test';
import type { AppPage } from '../fixtures/pages/app-page';
import { placeSampleOrders } from '../fixtures/sample-orders';
import { KINDS, type Kind, filesOf, filesOfAll, filesWithRules, foreignRules, textOf } from '../fixtures/stylesheets';

test.describe('on every page and state', () => {
  test.use({ allowedConsoleErrors: /status of (401|404|422)|ERR_INTERNET_DISCONNECTED/ });

  test('a page misses no rule', { tag: '@phone' }, async ({ ada, ops, signInToApi }) => {
    test.setTimeout(120_000);
    const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
    const [, packed] = await placeSampleOrders(customer, staff);
    await staff.notify('ada', 'Opening hours', 'We open at nine.');
    const check = async ({ page }: AppPage, kind: Kind) => {
      const link = page.locator('link[rel=stylesheet]');
      await expect(link).toHaveCount(1);
      expect(await link.getAttribute('href')).toMatch(addressOf(kind));
      expect(await foreignRules(page, kind), page.url()).toEqual([]);
    };
    const open = async (tab: AppPage, path: string, kind: Kind) => {
      await tab.page.goto(path);
      await tab.waitUntilHydrated();
      await tab.waitUntilLive();
      await check(tab, kind);
    };

    const { tab } = ada;
    for (const path of ['/nowhere', '/sign-in']) {
      await tab.page.goto(path);
      await check(tab, 'order');
    }
    await ada.signInPage.signIn('ada', 'wrong');
    await tab.page.getByRole('alert').waitFor();
    await check(tab, 'order');

    const [dashboard, staffConsole] = await Promise.all([ada.signIn(), ops.signIn()]);
    await staff.notify('ada', 'A message', 'It is shown at once.');
    await dashboard.toast('A message').waitFor();
    await dashboard.toggleNotifications();
    await check(dashboard, 'customer');
    await dashboard.toggleNotifications();
    await dashboard.button('Place order').click();
    await dashboard.page.getByRole('alert').filter({ visible: true }).waitFor();
    await check(dashboard, 'customer');
    await open(dashboard, '/?again=1001', 'customer');

    await check(staffConsole, 'console');
    await staffConsole.select(packed!.number).check();
    await staffConsole.advanceSelected.click();
    await staffConsole.moved.filter({ hasText: '1 moved on' }).waitFor();
    await check(staffConsole, 'console');
    await staffConsole.drawer.open(packed!.number);
    await check(staffConsole, 'console');
    await open(staffConsole, '/console?q=ada&status=placed&from=2020-01-01', 'console');
    await open(staffConsole, '/console?q=nothing', 'console');

    for (const each of [dashboard, staffConsole]) await open(each, `/orders/${packed!.number}`, 'order');
    for (const path of ['/orders/1', '/notifications', '/notifications?before=x', '/account']) await open(dashboard, path, 'order');
    for (const each of [dashboard, staffConsole]) await open(each, '/wire', 'wire');
    await dashboard.page.context().setOffline(true);
    await dashboard.expectState('offline');
    await check(dashboard, 'wire');
    await dashboard.page.context().setOffline(false);
  });
});

test('the stylesheet that a kind of page loads has each class of its files', async ({ ada, ops }) => {
  await Promise.all([ada.signIn(), ops.signIn()]);
  for (const [path, kind] of [['/', 'customer'], ['/console', 'console'], ['/account', 'order'], ['/wire', 'wire']] as const) {
    const { page } = kind === 'console' ? ops.tab : ada.tab;
    await page.goto(path);
    const href = await page.locator('link[rel=stylesheet]').getAttribute('href');
    const loaded = new Set(classesIn(await (await page.request.get(href!)).text()));
    expect(loaded.size).toBeGreaterThan(50);
    expect(filesOf(kind).flatMap((file) => classesIn(textOf(file))).filter((name) => !loaded.has(name)), kind).toEqual([]);
  }
});

test('each file is in some stylesheet, in the order in which all are in that of all pages', () => {
  const all = filesOfAll();
  expect([...all].sort()).toEqual(filesWithRules());
  for (const kind of KINDS) expect(filesOf(kind), kind).toEqual(all.filter((file) => filesOf(kind).includes(file)));
  expect([...new Set(KINDS.flatMap(filesOf))].sort()).toEqual(filesWithRules());
});

test('a stylesheet has the animations and the variables that its rules name', () => {
  for (const kind of KINDS) {
    const text = filesOf(kind).map(textOf).join('');
    const named = (pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name!))];
    const animations = named(/animation: ([a-z][\w-]*)/g).filter((name) => name !== 'none');
    expect(animations.filter((name) => !text.includes(`@keyframes ${name} `)), kind).toEqual([]);
    expect(named(/var\((--[\w-]+)/g).filter((name) => !text.includes(`${name}:`)), kind).toEqual([]);
  }
});

/** Where the stylesheet of a kind of pages is. A development build has one for all. */
function addressOf(kind: Kind): RegExp {
  const isRelease = existsSync(join(__dirname, '../../target/site/pkg/customer'));
  return new RegExp(`^/pkg/${isRelease && kind !== 'console' ? `${kind}/` : ''}orderwire\\.[\\w-]+\\.css$`);
}

function classesIn(css: string): string[] {
  return [...css.replace(/\/\*.*?\*\//gs, '').matchAll(/\.([a-zA-Z][\w-]*)/g)].map(([, name]) => name!);
}
