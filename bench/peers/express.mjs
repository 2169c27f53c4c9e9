// The peer that a Node.js tutorial would build: Express, and one `write` for each stream. It has no log and no session, and what a stream's
// socket does not take at once is kept in memory, however much it is.

import express from 'express';

const KEEP_ALIVE = 30_000;

/** The streams of each user. */
const streams = new Map();
let events = 0;

const app = express();

app.get('/events', (request, response) => {
  const { user } = request.query;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.flushHeaders();
  if (!streams.has(user)) streams.set(user, new Set());
  streams.get(user).add(response);
  const keepAlive = setInterval(() => response.write(':\n\n'), KEEP_ALIVE);
  response.on('close', () => {
    clearInterval(keepAlive);
    streams.get(user).delete(response);
  });
});

app.post('/api/push', express.json(), (request, response) => {
  const { user, event, data } = request.body;
  events += 1;
  const frame = `id: ${events}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  for (const stream of streams.get(user) ?? []) stream.write(frame);
  response.status(202).end();
});

const server = app.listen(Number(process.argv[2]), '127.0.0.1');
// A pusher may pause for longer than the five seconds that are the default.
server.keepAliveTimeout = 0;
