// What a page may do: its own scripts run, nothing else does, and a page that was left is not shown to whoever comes next.
// That no page does what its policy forbids is checked after every test (`fixtures/test.ts`).

import { expect, test } from '../fixtures/test';

const VIOLATION = /Content Security Policy/;

test('no page does what its policy forbids', { tag: ['@phone', '@firefox'] }, async ({ ada, ops }) => {
  const policies = new Set<string>();
  const visit = async (user: typeof ada | typeof ops, path: string) => {
    const response = await user.tab.page.goto(path);
    policies.add(response!.headers()['content-security-policy']!);
  };
  await ada.signIn();
  await ops.signIn();
  for (const path of ['/', '/wire', '/?status=placed']) {
    await visit(ada, path);
    await ada.tab.waitUntilLive();
  }
  await visit(ops, '/console');
  await ops.tab.waitUntilLive();
  await visit(ops, '/sign-in');
  expect(policies.size, 'each page has a nonce of its own').toBe(5);
  for (const policy of policies) {
    expect(policy).toMatch(/^default-src 'none'; script-src 'nonce-[\w-]{22}' 'wasm-unsafe-eval';/);
    expect(policy).not.toContain('unsafe-inline');
  }
});

test.describe('what gets into a page', () => {
  test.use({ allowedConsoleErrors: VIOLATION });

  test('does not run', { tag: '@phone' }, async ({ ada }) => {
    const { page } = await ada.signIn();
    const ran = await page.evaluate(async () => {
      const seen: string[] = [];
      Object.assign(window, { run: (what: string) => seen.push(what) });
      const script = document.createElement('script');
      script.textContent = 'run("script")';
      document.body.append(script);
      document.body.insertAdjacentHTML('beforeend', '<img src="/favicon.svg?1" onload="run(\'attribute\')"><a id="link" href="javascript:run(\'link\')">x</a>');
      document.getElementById('link')!.click();
      const image = document.body.lastElementChild!.previousElementSibling as HTMLImageElement;
      await image.decode();
      try {
        eval('run("eval")');
      } catch {
        seen.push('eval was refused');
      }
      return seen;
    });
    expect(ran).toEqual(['eval was refused']);
  });

  test('cannot send what it reads to another site', async ({ ada, server }) => {
    const { page } = await ada.signIn();
    const elsewhere = server.url.replace('127.0.0.1', 'localhost');
    const refused = await page.evaluate((url) => fetch(url).then(() => false, () => true), `${elsewhere}/healthz`);
    expect(refused).toBe(true);
  });
});

test.describe('after a sign-out', () => {
  test('going back shows nothing of the user', { tag: '@phone' }, async ({ ada, signInToApi }) => {
    await (await signInToApi('ada')).placeOrder({ mug: 1 });
    const dashboard = await ada.signIn();
    await expect(dashboard.orders).toHaveCount(1);
    await dashboard.signOut();
    await expect(dashboard.page).toHaveURL('/sign-in');
    await dashboard.page.goBack({ waitUntil: 'commit' });
    await expect(dashboard.page).toHaveURL('/sign-in?next=%2F');
    await expect(dashboard.page.getByText('Stoneware mug')).toHaveCount(0);
  });
});
