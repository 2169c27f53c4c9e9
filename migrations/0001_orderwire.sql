-- One SQL text for SQLite and PostgreSQL. Times are RFC 3339 in UTC with milliseconds, so that they sort as text.

CREATE TABLE users (
    username TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at TEXT NOT NULL
);

CREATE TABLE orders (
    order_id TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    customer TEXT NOT NULL,
    status TEXT NOT NULL,
    items TEXT NOT NULL,
    total_cents BIGINT NOT NULL,
    placed_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version BIGINT NOT NULL
);

CREATE INDEX orders_of_customer ON orders (customer, number);

-- audience: a user name, or * for everyone.
CREATE TABLE notifications (
    id TEXT NOT NULL PRIMARY KEY,
    audience TEXT NOT NULL,
    title TEXT NOT NULL,
    message TEXT NOT NULL,
    order_id TEXT,
    created_at TEXT NOT NULL
);

CREATE INDEX notifications_of_audience ON notifications (audience, created_at);

CREATE TABLE notification_reads (
    username TEXT NOT NULL,
    notification_id TEXT NOT NULL,
    PRIMARY KEY (username, notification_id)
);

-- The log's one row of state. A writer takes its next sequence by updating head, and thereby holds this row until it commits:
-- sequence order is commit order, without gaps, on every database. Events up to floor have been trimmed.
CREATE TABLE log (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    epoch TEXT NOT NULL,
    head BIGINT NOT NULL,
    floor BIGINT NOT NULL,
    last_order_number BIGINT NOT NULL
);

-- audience: a user name, * for everyone, or session:<handle> for one session. staff: 1 where all staff streams bear it too.
-- idempotency_key: the pusher's own name for the event; the same one twice is one event.
CREATE TABLE events (
    sequence BIGINT NOT NULL PRIMARY KEY,
    audience TEXT NOT NULL,
    staff BIGINT NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    idempotency_key TEXT UNIQUE,
    committed_at TEXT NOT NULL
);

CREATE INDEX events_of_audience ON events (audience, sequence);
CREATE INDEX events_by_age ON events (committed_at);
