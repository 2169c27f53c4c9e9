// The peer with better-sse: a session for each stream, and a channel for each user. It has no log and no session of a signed-in user; what a
// reader missed is its user's to find and send.

import { createChannel, createSession } from 'better-sse';
import express from 'express';

const KEEP_ALIVE = 30_000;

const channels = new Map();
let events = 0;

const app = express();

function channel(user) {
  if (!channels.has(user)) channels.set(user, createChannel());
  return channels.get(user);
}

app.get('/events', async (request, response) => {
  const session = await createSession(request, response, { keepAlive: KEEP_ALIVE });
  channel(request.query.user).register(session);
});

app.post('/api/push', express.json(), (request, response) => {
  const { user, event, data } = request.body;
  events += 1;
  channel(user).broadcast(data, event, { eventId: String(events) });
  response.status(202).end();
});

const server = app.listen(Number(process.argv[2]), '127.0.0.1');
// A pusher may pause for longer than the five seconds that are the default.
server.keepAliveTimeout = 0;
