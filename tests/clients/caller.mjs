// What the Node clients here share: who calls, and how they answer.
//
// Each client is called with the server's address, a cookie, the id to begin past and the types to hear, and prints one line of JSON for
// each event. One that does not open a broken stream again by itself waits for a line on its input first. At the input's end it ends.

import { createInterface } from 'node:readline';

const [base, cookie, after, types] = process.argv.slice(2);

/** The stream's address, with the id to begin past. */
export const url = `${base}/events?after=${after}`;

export const caller = { base, cookie, after, types: types.split(',') };

/** The lines of the input: each asks to open again. */
export const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export function print(id, type, data) {
  process.stdout.write(`${JSON.stringify({ id, type, data })}\n`);
}

/** Reads the input to its end, for a client that opens again by itself. */
export async function told() {
  while (!(await lines.next()).done);
}
