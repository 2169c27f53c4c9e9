// The wire page: the user's own events as they come, and a button with which resuming can be watched.

import { expect, test } from '../fixtures/test';

test('events are shown as they come, and a disconnected stream resumes after the last id', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  await ada.signIn();
  const staff = await signInToApi('ops');
  const wire = await ada.openWire();
  await expect(wire.events).toHaveCount(1);
  await expect(wire.events.first()).toContainText('connected');

  await staff.notify('ada', 'One', 'first');
  await expect(wire.events).toHaveCount(2);
  await expect(wire.events.first()).toContainText('notification');
  await expect(wire.events.first()).toContainText('"title":"One"');
  await expect(wire.events.first()).toContainText(/\d ms/);
  const cursor = (await wire.cursor.textContent())!;
  await expect(wire.events.first()).toContainText(cursor);

  await wire.disconnect.click();
  await expect(wire.connection).toHaveText('Disconnected by you');
  await staff.notify('ada', 'Two', 'while disconnected');
  await staff.notify('ada', 'Three', 'while disconnected');
  await expect(wire.events).toHaveCount(2);
  await wire.disconnect.click();
  await expect(wire.events).toHaveCount(5);
  await wire.expectCaughtUp(2);
  await expect(wire.events.nth(2)).toContainText('connected');
  await expect(wire.events.nth(2), 'it opened at the cursor').toContainText(cursor);
  await expect(wire.events.nth(1)).toContainText('"title":"Two"');

  await wire.button('Pause').click();
  await staff.notify('ada', 'Four', 'while paused');
  await expect(wire.unreadCount).toHaveText('4');
  await expect(wire.events).toHaveCount(5);
  await wire.button('Resume').click();
  await expect(wire.events).toHaveCount(6);
});

test('the filter ignores case, and says when no event matches', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  await ada.signIn();
  const staff = await signInToApi('ops');
  const wire = await ada.openWire();
  for (const title of ['Über uns', 'Opening hours']) await staff.notify('ada', title, 'A message from staff.');
  await expect(wire.events).toHaveCount(3);

  await wire.filter.fill('OPENING');
  await expect(wire.events).toHaveCount(1);
  await expect(wire.events).toContainText('Opening hours');
  await wire.filter.fill('über');
  await expect(wire.events).toHaveCount(1);
  await wire.filter.fill('closing');
  await expect(wire.page.getByText('No event matches.')).toBeVisible();
  await wire.filter.fill('');
  await expect(wire.events).toHaveCount(3);
});

test('an event that has no id shows none', { tag: '@phone' }, async ({ ops }) => {
  await ops.signIn();
  const wire = await ops.openWire();
  await expect(wire.id(wire.eventsOfType('connected'))).toHaveText(/^\S+-\d+$/);
  await expect(wire.consoleStats, 'console stats are hidden at first').not.toBeChecked();
  await expect(wire.eventsOfType('streams')).toHaveCount(0);
  await wire.consoleStats.check();
  await expect(wire.id(wire.eventsOfType('streams').first())).toHaveText('');
});
