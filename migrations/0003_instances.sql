-- Who is connected, where several instances share the database; an instance alone knows it by itself and writes nothing here.
-- beat_at: when the instance was last heard of, milliseconds since 1970 by the database's clock.
CREATE TABLE instances (
    instance TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    beat_at BIGINT NOT NULL
);

-- behind: events that the stream has not taken yet; none where there are more than are in memory.
CREATE TABLE streams (
    client_id TEXT NOT NULL PRIMARY KEY,
    instance TEXT NOT NULL REFERENCES instances (instance) ON DELETE CASCADE,
    username TEXT NOT NULL,
    browser TEXT NOT NULL,
    since TEXT NOT NULL,
    behind BIGINT
);

CREATE INDEX streams_of_user ON streams (username);
CREATE INDEX streams_of_instance ON streams (instance);
CREATE INDEX streams_by_age ON streams (since);

-- The demo's traffic: whoever sees that a step is due and puts it off takes it. Milliseconds since 1970.
CREATE TABLE demo (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    runs_until BIGINT NOT NULL,
    step_due BIGINT NOT NULL
);

INSERT INTO demo (only_row, runs_until, step_due) VALUES (1, 0, 0);
