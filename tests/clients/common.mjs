// What the Node clients share: their arguments, and how they print events.
//
// Each client gets the server's address, a cookie, the id to resume from and the event types to listen to, and prints one line of JSON for
// each event. One that does not reconnect by itself waits for a line on its input first. At the end of its input it ends.

import { createInterface } from 'node:readline';

const [base, cookie, after, types] = process.argv.slice(2);

/** The stream's address, with the id to resume from. */
export const url = `${base}/events?after=${after}`;

export const options = { base, cookie, after, types: types.split(',') };

/** The lines of the input: each asks to reconnect. */
export const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export function print(id, type, data) {
  process.stdout.write(`${JSON.stringify({ id, type, data })}\n`);
}

/** Waits for the end of the input, for a client that reconnects by itself. */
export async function inputEnd() {
  while (!(await lines.next()).done);
}
