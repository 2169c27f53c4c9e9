// Several tabs of one person agree: on what is unread, and on whether they are signed in.

import { expect, test } from '../fixtures/test';

test('two tabs agree on what is unread, whichever of them reads it', { tag: '@phone' }, async ({ ada, caller }) => {
  const first = await ada.signIn();
  const second = await ada.newTab();
  const ops = await caller('ops');

  for (const title of ['One', 'Two', 'Three']) await ops.notify('ada', title, 'A word from staff.');
  for (const tab of [first, second]) {
    await expect(tab.unread).toHaveText('3');
    await expect(tab.notes).toHaveCount(3);
  }

  await first.clickBell();
  await first.note('Two').getByRole('button', { name: 'Mark read' }).click();
  for (const tab of [first, second]) {
    await expect(tab.unread).toHaveText('2');
    await expect(tab.note('Two')).toHaveAttribute('data-read', 'true');
    await expect(tab.note('One')).toHaveAttribute('data-read', 'false');
  }

  await second.clickBell();
  await second.button('Mark all read').click();
  for (const tab of [first, second]) {
    await expect(tab.unread).toBeHidden();
    await expect(tab.note('One')).toHaveAttribute('data-read', 'true');
    await expect(tab.button('Mark all read')).toHaveCount(0);
  }
});

test.describe('signing out', () => {
  // The tab that signs out may have had the line for both, and be gone before it could tell: then the other asks for itself.
  test.use({ expectedComplaints: /status of 401/ });

  test('in one tab ends the others', { tag: '@phone' }, async ({ ada }) => {
    const first = await ada.signIn();
    const second = await ada.newTab();

    await first.button('Sign out').click();
    await expect(first.page).toHaveURL('/sign-in');
    await expect(second.page).toHaveURL('/sign-in?next=%2F');
    await expect(second.button('Sign in')).toBeVisible();

    await second.page.goto('/');
    await expect(second.page).toHaveURL('/sign-in?next=%2F');
  });
});
