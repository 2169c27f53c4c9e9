// The page that the server sends is the page that the browser takes over: nothing is rendered anew, and no console complains (which every
// test checks; here each page is opened by its address, with everything on it that it can have).

import { expect, test } from '../fixtures/test';

test.use({ expectedComplaints: /status of 404/ });

test('each page is taken over as it was sent', { tag: '@phone' }, async ({ ada, ops, caller }) => {
  const [customer, staff] = [await caller('ada'), await caller('ops')];
  await customer.cancelOrder(await customer.placeOrder('mug:1'));
  await staff.advanceOrder(await customer.placeOrder('tea:1, mug:99'));
  await staff.broadcast('Hello', 'To "everyone" & <everything>.');
  await Promise.all([ada.signIn(), ops.signIn()]);

  for (const person of [ada, ops]) {
    const tab = await person.newTab();
    await expect(tab.who).toHaveText(person.name);
    await expect(tab.orders).toHaveCount(2);
    await expect(tab.note('Hello')).toContainText('To "everyone" & <everything>.');
  }
  const page = await ada.context.newPage();
  expect((await page.goto('/nowhere'))?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible();
});
