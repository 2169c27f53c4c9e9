// npm's eventsource-parser, on a `fetch` response; this script reconnects, with the last id.

import { createParser } from 'eventsource-parser';
import { lines, options, print, url } from './common.mjs';

let last = options.after;
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
  const answer = await fetch(url, { headers: { cookie: options.cookie, 'last-event-id': last } });
  const text = answer.body.pipeThrough(new TextDecoderStream());
  try {
    for await (const piece of text) parser.feed(piece);
  } catch (error) {
    // A broken connection; anything else is an error of this client.
    if (error.name !== 'TypeError' || error.message !== 'terminated') throw error;
  }
} while (!(await lines.next()).done);
