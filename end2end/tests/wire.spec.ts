// The wire: one's own frames as they come, and a switch by which resuming can be watched.

import { expect, test } from '../fixtures/test';

test('frames are shown as they come; a line that is cut by hand resumes past the last id', { tag: '@phone' }, async ({ ada, caller }) => {
  const { page } = await ada.signIn();
  const ops = await caller('ops');
  await page.goto('/wire');
  await ada.tab.hydrated();
  await ada.tab.live();
  const rows = page.getByTestId('frames').locator('tbody tr');
  await expect(rows).toHaveCount(1);
  await expect(rows.first()).toContainText('connected');

  await ops.notify('ada', 'One', 'first');
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText('notification');
  await expect(rows.first()).toContainText('"title":"One"');
  await expect(rows.first()).toContainText(/\d ms/);
  const position = await page.getByTestId('position').textContent();
  await expect(rows.first()).toContainText(position!);

  await page.getByTestId('cut').click();
  await expect(ada.tab.line).toHaveText('Cut by hand');
  await ops.notify('ada', 'Two', 'while it is cut');
  await ops.notify('ada', 'Three', 'likewise');
  await expect(rows).toHaveCount(2);
  await page.getByTestId('cut').click();
  await expect(rows).toHaveCount(5);
  await expect(ada.tab.line).toContainText('Caught up: 2 missed');
  await expect(rows.nth(2)).toContainText('connected');
  await expect(rows.nth(2), 'it was opened at the position where it was cut').toContainText(position!);
  await expect(rows.nth(1)).toContainText('"title":"Two"');

  await page.getByRole('searchbox', { name: 'Filter frames' }).fill('Three');
  await expect(rows).toHaveCount(1);
  await page.getByRole('searchbox', { name: 'Filter frames' }).fill('');
  await ada.tab.button('Pause').click();
  await ops.notify('ada', 'Four', 'unseen for now');
  await expect(ada.tab.unread).toHaveText('4');
  await expect(rows).toHaveCount(5);
  await ada.tab.button('Go on').click();
  await expect(rows).toHaveCount(6);
});
