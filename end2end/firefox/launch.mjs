#!/usr/bin/env node
// Starts Firefox for Playwright, which drives it by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), and relays between the two.
//
// Playwright sends commands that a distribution's Firefox may not have yet. Where Firefox answers that it does not know one of these, the
// relay answers for it that it was done; everything else passes unchanged. No test that runs in Firefox may depend on what they do.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

/** Sets the colour scheme of each new page, also where that is the default one. */
const MAY_BE_UNKNOWN = ['emulation.setMediaFeaturesOverride'];

// Written by tools/setup.
const program = readFileSync(new URL('../../.tools/firefox', import.meta.url), 'utf8').trim();
const firefox = spawn(program, process.argv.slice(2), { stdio: ['ignore', 'inherit', 'pipe'] });
firefox.on('error', (error) => {
  console.error(String(error));
  process.exit(1);
});
firefox.on('exit', (code) => process.exit(code ?? 1));

createInterface({ input: firefox.stderr }).on('line', (line) => {
  const address = /WebDriver BiDi listening on (ws:.*)$/.exec(line)?.[1];
  if (address) relayTo(address);
  else console.error(line);
});

/** Listens, and says so as Firefox does: Playwright reads the address there. */
function relayTo(address) {
  const relay = new WebSocket.Server({ host: '127.0.0.1', port: 0 });
  relay.on('listening', () => console.error(`WebDriver BiDi listening on ws://127.0.0.1:${relay.address().port}`));
  relay.on('connection', (playwright, { url }) => connect(playwright, new WebSocket(address + url)));
}

function connect(playwright, browser) {
  /** Ids of commands of `MAY_BE_UNKNOWN` that are not answered yet. */
  const pending = new Set();
  const opened = new Promise((resolve) => browser.once('open', resolve));
  playwright.on('message', async (text) => {
    if (MAY_BE_UNKNOWN.some((method) => text.includes(method))) pending.add(JSON.parse(text).id);
    await opened;
    browser.send(text);
  });
  browser.on('message', (text) => playwright.send(pending.size > 0 ? answer(text, pending) : text));
  for (const [one, other] of [[playwright, browser], [browser, playwright]]) {
    one.on('error', () => other.terminate()).on('close', () => other.close());
  }
}

function answer(text, pending) {
  const { id, error } = JSON.parse(text);
  return pending.delete(id) && error === 'unknown command' ? JSON.stringify({ type: 'success', id, result: {} }) : text;
}
