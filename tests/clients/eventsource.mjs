// npm's eventsource: opens again by itself, with the last id.

import { EventSource } from 'eventsource';
import { caller, print, told, url } from './caller.mjs';

const withCookie = (to, init) => fetch(to, { ...init, headers: { ...init.headers, cookie: caller.cookie } });
const source = new EventSource(url, { fetch: withCookie });
for (const type of caller.types) source.addEventListener(type, (event) => print(event.lastEventId, event.type, event.data));
await told();
source.close();
