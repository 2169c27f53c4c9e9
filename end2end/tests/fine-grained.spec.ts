// Live is cheap: an event changes the row it is about, and no other part of the list is touched.

import type { Locator } from '@playwright/test';
import type { Tab } from '../fixtures/person';
import { expect, test } from '../fixtures/test';

test('a change of an order touches its row alone, on the dashboard and on the console', async ({ ada, ops, caller }) => {
  const customer = await caller('ada');
  await customer.placeOrder('mug:1');
  const order = await customer.placeOrder('tea:1');
  await customer.placeOrder('kettle:1');
  const tabs = await Promise.all([ada.signIn(), ops.signIn()]);
  for (const tab of tabs) await watch(tab, tab.order(order.number));

  await (await caller('ops')).advanceOrder(order);

  for (const tab of tabs) {
    await expect(tab.status(order.number)).toHaveText('Packed');
    const touched = await touchedNodes(tab);
    expect(touched.inRow, 'the row has changed').toBeGreaterThan(0);
    expect(touched.elsewhere, 'nothing else has').toEqual([]);
  }
});

interface Touched {
  inRow: number;
  elsewhere: string[];
}

/** Takes down what changes in the list of orders from now on. */
async function watch(tab: Tab, row: Locator): Promise<void> {
  const list = await tab.page.getByTestId('orders').elementHandle();
  await row.evaluate((row, list) => {
    const touched: Touched = { inRow: 0, elsewhere: [] };
    const observer = new MutationObserver((records) => {
      for (const { type, target } of records) {
        if (row.contains(target)) touched.inRow += 1;
        else touched.elsewhere.push(`${type} of ${target.nodeName}: ${target.textContent}`);
      }
    });
    observer.observe(list!, { subtree: true, childList: true, attributes: true, characterData: true });
    Object.assign(window, { touched });
  }, list);
}

function touchedNodes(tab: Tab): Promise<Touched> {
  return tab.page.evaluate(() => (window as unknown as { touched: Touched }).touched);
}
