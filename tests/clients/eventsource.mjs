// npm's eventsource: reconnects by itself, with the last id.

import { EventSource } from 'eventsource';
import { inputEnd, options, print, url } from './common.mjs';

const withCookie = (to, init) => fetch(to, { ...init, headers: { ...init.headers, cookie: options.cookie } });
const source = new EventSource(url, { fetch: withCookie });
for (const type of options.types) source.addEventListener(type, (event) => print(event.lastEventId, event.type, event.data));
await inputEnd();
source.close();
