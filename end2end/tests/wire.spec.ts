// The wire page: the user's own events as they come, the states of the connection between them, buttons with which resuming can be watched,
// and an audit that holds what came against the log.

import { WirePage } from '../fixtures/pages/wire-page';
import { expect, test } from '../fixtures/stream-proxy';

test('events are shown as they come, and a disconnected stream resumes after the last id', { tag: ['@phone', '@firefox'] }, async ({ ada, signInToApi }) => {
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

test('the states of the connection stand between the events, and what was replayed is marked', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  await ada.signIn();
  const staff = await signInToApi('ops');
  const wire = await ada.openWire();
  await staff.notify('ada', 'One', 'live');
  await expect(wire.events).toHaveCount(2);
  await expect(wire.events.first()).toHaveAttribute('data-replayed', 'false');

  await wire.disconnect.click();
  await expect(wire.states.first()).toContainText('Disconnected by you');
  for (const title of ['Two', 'Three']) await staff.notify('ada', title, 'while disconnected');
  await wire.disconnect.click();
  await expect(wire.events).toHaveCount(5);
  await expect(wire.states).toHaveText([/Caught up on 2 events$/, /Connecting…$/, /Disconnected by you$/, /Live$/]);
  for (const place of [0, 1]) {
    await expect(wire.events.nth(place)).toHaveAttribute('data-replayed', 'true');
    await expect(wire.events.nth(place).getByRole('cell').last()).toHaveText('replayed');
  }
  const kinds = await wire.table.locator('tbody tr').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-kind')));
  expect(kinds).toEqual(
    ['notification', 'notification', 'live', 'connected', 'opening', 'disconnected', 'notification', 'live', 'connected'],
  );
});

test('data unfolds to a line for each member, and is never markup', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  await ada.signIn();
  const staff = await signInToApi('ops');
  const wire = await ada.openWire();
  await staff.notify('ada', '<img src=x onerror="document.title=1">&amp;', 'm');
  const event = wire.eventsOfType('notification');
  await expect(event.locator('pre')).toBeHidden();
  await event.locator('summary').click();
  await expect(event.locator('pre')).toBeVisible();
  await expect(event.locator('pre .key')).toHaveText(['"id"', '"title"', '"message"', '"timestamp"']);
  await expect(event.locator('pre')).toContainText('"title": "<img src=x onerror=\\"document.title=1\\">&amp;",');
  await expect(event.locator('img')).toHaveCount(0);
});

test.describe('faults at a press', () => {
  // Silence is found out after two keep-alives.
  test.use({ flags: ['--keep-alive=300ms'] });

  test('whatever the buttons do to the connection, it comes back and the audit finds every event once', { tag: '@phone' }, async ({
    ada,
    server,
    signInToApi,
  }) => {
    await ada.signIn();
    const staff = await signInToApi('ops');
    const wire = await ada.openWire();
    const other = new WirePage((await ada.newTab()).page);
    await other.waitUntilLive();
    let sent = 0;
    const send = async () => {
      sent += 1;
      await staff.notify('ada', `Number ${sent}`, 'm');
    };
    const arrived = async () => {
      for (const tab of [wire, other]) await expect(tab.eventsOfType('notification')).toHaveCount(sent);
      await expect.poll(() => server.openStreams()).toBe(1);
    };
    await send();
    await arrived();
    for (const tab of [wire, other]) {
      await tab.button('Cut').click();
      await expect(tab.states.first()).toContainText('Reconnecting in');
      await send();
      await arrived();
      await tab.button('Change the leader').click();
      await send();
      await arrived();
    }
    await wire.button('Offline for 10 s').click();
    await expect(wire.states.first()).toContainText('Offline');
    await send();
    await wire.button('Try now').click();
    await arrived();
    await wire.button('Fall silent').click();
    await expect(wire.states.first()).toContainText('The page ignores the stream');
    await send();
    await arrived();
    for (const tab of [wire, other]) {
      await tab.button('Audit').click();
      await expect(tab.verdict).toHaveText(`${sent} events, 0 missing, 0 twice, in order`);
    }
  });
});

test.describe('the audit', () => {
  test('names what did not arrive', async ({ ada, streamProxy, signInToApi }) => {
    await ada.signIn();
    const staff = await signInToApi('ops');
    const wire = await ada.openWire();
    await staff.notify('ada', 'One', 'm');
    await expect(wire.eventsOfType('notification')).toHaveCount(1);
    const before = Number((await wire.cursor.textContent())!.split('-')[1]);
    streamProxy.leftOut = 'Left out';
    await staff.notify('ada', 'Left out', 'm');
    await staff.notify('ada', 'Two', 'm');
    await expect(wire.eventsOfType('notification')).toHaveCount(2);
    await wire.button('Audit').click();
    await expect(wire.verdict).toHaveText(`2 events, 1 missing: ${before + 1}, 0 twice, in order`);
  });

  test("is of the page's own events, staff's too", { tag: '@phone' }, async ({ ops, signInToApi }) => {
    await ops.signIn();
    const wire = await ops.openWire();
    await wire.waitUntilLive();
    await (await signInToApi('ada')).placeOrder({ mug: 1 });
    await (await signInToApi('ops')).notify('ada', 'Not for the staff', 'm');
    await expect(wire.eventsOfType('order.updated')).toHaveCount(1);
    await wire.button('Audit').click();
    await expect(wire.verdict).toHaveText('1 event, 0 missing, 0 twice, in order');
  });
});
