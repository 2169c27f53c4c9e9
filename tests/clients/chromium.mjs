// Chromium's EventSource, on a page of the server: reconnects by itself, with the last id.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { inputEnd, options, print, url } from './common.mjs';

const { chromium } = createRequire(new URL('../../end2end/package.json', import.meta.url))('@playwright/test');
const executablePath = readFileSync(new URL('../../.tools/chromium', import.meta.url), 'utf8').trim();

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
const context = await browser.newContext();
const [name, value] = options.cookie.split(/=(.*)/s);
await context.addCookies([{ name, value, url: options.base }]);
const page = await context.newPage();
await page.goto(`${options.base}/healthz`);
await page.exposeFunction('print', print);
const listen = ({ url, types }) => {
  // Referenced, so that it is not garbage-collected.
  window.source = new EventSource(url);
  for (const type of types) window.source.addEventListener(type, (event) => window.print(event.lastEventId, event.type, event.data));
};
await page.evaluate(listen, { url, types: options.types });
await inputEnd();
await browser.close();
