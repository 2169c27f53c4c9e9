// npm's eventsource-parser: reads what `fetch` brings; opened again here, with the last id.

import { createParser } from 'eventsource-parser';
import { caller, lines, print, url } from './caller.mjs';

let last = caller.after;
do {
  const parser = createParser({
    onEvent({ id, event, data }) {
      last = id ?? last;
      print(last, event ?? 'message', data);
    },
    onError(error) {
      throw error;
    },
  });
  const answer = await fetch(url, { headers: { cookie: caller.cookie, 'last-event-id': last } });
  const text = answer.body.pipeThrough(new TextDecoderStream());
  try {
    for await (const piece of text) parser.feed(piece);
  } catch (error) {
    // A line that broke; anything else is this client's own fault.
    if (error.name !== 'TypeError' || error.message !== 'terminated') throw error;
  }
} while (!(await lines.next()).done);
