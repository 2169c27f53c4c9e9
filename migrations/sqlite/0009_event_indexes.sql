-- An INTEGER PRIMARY KEY is the table's own order; a BIGINT one is an index beside it.
CREATE TABLE new_events (
    sequence INTEGER NOT NULL PRIMARY KEY,
    audience TEXT NOT NULL,
    staff BIGINT NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    idempotency_key TEXT,
    committed_at TEXT NOT NULL,
    nonce BIGINT NOT NULL DEFAULT 0,
    clock BIGINT NOT NULL DEFAULT 0,
    body_hash TEXT NOT NULL DEFAULT ''
);

INSERT INTO new_events (sequence, audience, staff, type, data, idempotency_key, committed_at, nonce, clock, body_hash)
    SELECT sequence, audience, staff, type, data, idempotency_key, committed_at, nonce, clock, body_hash FROM events ORDER BY sequence;

DROP TABLE events;
ALTER TABLE new_events RENAME TO events;

CREATE INDEX events_of_audience ON events (audience, sequence);
CREATE INDEX events_of_staff ON events ((sequence * staff)) WHERE staff = 1;
CREATE UNIQUE INDEX events_by_idempotency_key ON events (idempotency_key) WHERE idempotency_key IS NOT NULL;
