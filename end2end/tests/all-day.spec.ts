// A page that is open all day costs on its last event what it cost on its first: its memory does not grow with the events that went by.
// `make bench-growth` runs this with ALL_DAY_EVENTS=100000, and has the figures written to the file ALL_DAY_REPORT.

import { writeFileSync } from 'node:fs';
import type { CDPSession, Page } from '@playwright/test';
import type { AppPage } from '../fixtures/pages/app-page';
import { expect, test } from '../fixtures/test';

/** Half of them are new orders, half notifications. */
const EVENTS = Number(process.env['ALL_DAY_EVENTS'] ?? 5_000);
/** After so many, everything that a page keeps is full. */
const WARM_UP = 1_000;
/** How often it is measured after that. */
const STEPS = 4;
/** Requests under way at once. */
const AT_ONCE = 20;
/** After so many pushes, the page has to have shown the last of them. */
const CAUGHT_UP_EVERY = 1_000;
/** What an allocator may leave unused between its blocks, in bytes. A row that leaves something behind costs a kilobyte or more. */
const SLACK = 256 * 1024;
/** The same for JavaScript's heap, which holds code that the browser compiles as it goes. */
const HEAP_SLACK = 2 * 1024 * 1024;

test('memory is flat over thousands of orders and notifications', async ({ ops, server, baseURL }) => {
  test.setTimeout(240_000 + 20 * EVENTS);
  const push = pusher(new URL('/api/push', baseURL), server.pushToken);
  await ops.tab.page.addInitScript(keepWasmMemory);
  const staffConsole = await ops.signIn();
  const devtools = await staffConsole.page.context().newCDPSession(staffConsole.page);

  await pushMany(push, staffConsole, 0, WARM_UP);
  const first = await measure(staffConsole.page, devtools);
  const steps = [first];
  for (let step = 0; step < STEPS; step += 1) {
    const at = (step: number): number => WARM_UP + Math.round(((EVENTS - WARM_UP) * step) / STEPS);
    await pushMany(push, staffConsole, at(step), at(step + 1));
    steps.push(await measure(staffConsole.page, devtools));
  }
  const last = steps.at(-1)!;
  report(steps);

  expect(last.wasm - first.wasm, `the WebAssembly's memory, after ${first.wasm} bytes`).toBeLessThanOrEqual(SLACK);
  expect(last.heap - first.heap, `JavaScript's heap, after ${first.heap} bytes`).toBeLessThanOrEqual(HEAP_SLACK);
  expect(last.nodes - first.nodes, `nodes, after ${first.nodes}`).toBeLessThanOrEqual(first.nodes / 10);
  await expect(staffConsole.orders).toHaveCount(100);
});

type Push = (event: string, data: object, key: string) => Promise<void>;

/** Pushes to `ops` by Node's own fetch: Playwright records each request and each `expect` as a step, and the more steps, the longer the next takes. */
function pusher(url: URL, token: string): Push {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return async (event, data, key) => {
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ user: 'ops', event, data, key }) });
    const answer = await response.text();
    if (response.status !== 202) throw new Error(`${response.status} ${answer}`);
  };
}

/** Pushes events number `from` to `to`, and returns when the page has shown the last one. The page is never more than a thousand behind. */
async function pushMany(push: Push, tab: AppPage, from: number, to: number): Promise<void> {
  for (let event = from; event < to; event += AT_ONCE) {
    const next = Math.min(event + AT_ONCE, to);
    await Promise.all(Array.from({ length: next - event }, (_, index) => pushOne(push, event + index)));
    if (next < to && next % CAUGHT_UP_EVERY >= AT_ONCE) continue;
    const last = { id: `last${next}`, title: `Up to ${next}`, message: 'From another program.', timestamp: new Date().toISOString() };
    await push('notification', last, `all-day-last-${next}`);
    await expect(tab.page.getByText(last.title).first()).toBeAttached({ timeout: 60_000 });
  }
}

async function pushOne(push: Push, event: number): Promise<void> {
  const timestamp = new Date().toISOString();
  if (event % 2 === 0) {
    const notification = { id: `n${event}`, title: `Message ${event}`, message: 'From another program.', timestamp };
    await push('notification', notification, `all-day-${event}`);
  } else {
    const items = [{ sku: 'mug', name: 'Stoneware mug', quantity: 1, priceCents: 1800 }];
    const order = { orderId: `o${event}`, number: 100_000 + event, status: 'placed', customer: 'ada', items, totalCents: 1800, placedAt: timestamp };
    await push('order.updated', { ...order, updatedAt: timestamp, version: 1 }, `all-day-${event}`);
  }
}

/** In the page: keeps the WebAssembly's memory where a test finds it. */
function keepWasmMemory(): void {
  const instantiate = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (source, imports) => {
    const result = await instantiate(source, imports);
    Object.assign(window, { wasmMemory: result.instance.exports['memory'] });
    return result;
  };
}

interface Use {
  wasm: number;
  heap: number;
  nodes: number;
  /** CPU time that the page's main thread has taken since it was first measured, in seconds. */
  worked: number;
}

/** Bytes and nodes in use, after a garbage collection. */
async function measure(page: Page, devtools: CDPSession): Promise<Use> {
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const { metrics } = await devtools.send('Performance.getMetrics');
  const worked = metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN;
  await devtools.send('HeapProfiler.collectGarbage');
  const wasm = await page.evaluate(() => (window as unknown as { wasmMemory: WebAssembly.Memory }).wasmMemory.buffer.byteLength);
  const { usedSize: heap } = await devtools.send('Runtime.getHeapUsage');
  const { nodes } = await devtools.send('Memory.getDOMCounters');
  return { wasm, heap, nodes, worked };
}

/** Writes a table of what the page used after each step, where one is asked for. */
function report(steps: Use[]): void {
  const file = process.env['ALL_DAY_REPORT'];
  if (!file) return;
  const megabytes = (bytes: number): string => (bytes / 1_048_576).toFixed(1);
  const rows = steps.map(({ wasm, heap, nodes, worked }, step) => {
    const events = WARM_UP + Math.round(((EVENTS - WARM_UP) * step) / STEPS);
    const each = step === 0 ? '' : (((worked - steps[step - 1]!.worked) * 1000 * STEPS) / (EVENTS - WARM_UP)).toFixed(2);
    return `| ${events} | ${megabytes(wasm)} | ${megabytes(heap)} | ${nodes} | ${each} |`;
  });
  const head = ['| events | WebAssembly, MiB | JavaScript, MiB | nodes | CPU ms of the main thread an event since the row above |', '|---|---|---|---|---|'];
  writeFileSync(file, [...head, ...rows, ''].join('\n'));
}
