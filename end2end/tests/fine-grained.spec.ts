// Live updates are fine-grained: an event changes the row that it is about, and nothing else in the list.

import { recordMutations, recordedMutations } from '../fixtures/mutations';
import { expect, test } from '../fixtures/test';

test('a changed order changes its row alone, on the dashboard and on the console', { tag: '@phone' }, async ({ ada, ops, signInToApi }) => {
  const customer = await signInToApi('ada');
  await customer.placeOrder({ mug: 1 });
  const order = await customer.placeOrder({ tea: 1 });
  await customer.placeOrder({ kettle: 1 });
  const tabs = await Promise.all([ada.signIn(), ops.signIn()]);
  for (const tab of tabs) await recordMutations(tab, order.number);

  await (await signInToApi('ops')).advanceOrder(order);

  for (const tab of tabs) {
    await expect(tab.status(order.number)).toHaveText('Packed');
    const mutations = await recordedMutations(tab);
    expect(mutations.inRow, 'the row has changed').toBeGreaterThan(0);
    expect(mutations.elsewhere, 'nothing else has').toEqual([]);
    expect(mutations.elements, 'no element was added or removed').toBe(0);
  }
});
