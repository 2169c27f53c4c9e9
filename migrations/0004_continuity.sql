-- The log knows when it went back, and ages by a clock of its own.
--
-- log.clock: the retention clock, milliseconds; it grows by what the database's clock has grown since clock_read_at (milliseconds since
-- 1970), but never by more than a bound at once: a clock that jumps ages nothing. events.clock, notifications.clock: its reading when
-- the row was committed. log.epoch_filed: 1 once a file beside a SQLite database names its epoch, too.
ALTER TABLE log ADD COLUMN clock BIGINT NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN clock_read_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN epoch_filed BIGINT NOT NULL DEFAULT 0;

-- nonce: random, one for each transaction: a sequence that is used again bears another. body_hash: of a push with a key, as it was pushed.
ALTER TABLE events ADD COLUMN nonce BIGINT NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN clock BIGINT NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN body_hash TEXT NOT NULL DEFAULT '';

-- position: the sequence of the event that told of it. What was there before has positions up to 0, in the order in which it was shown.
ALTER TABLE notifications ADD COLUMN position BIGINT NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN clock BIGINT NOT NULL DEFAULT 0;

UPDATE notifications SET position = ranked.place - (SELECT COUNT(*) FROM notifications)
FROM (SELECT id, row_number() OVER (ORDER BY created_at, id) AS place FROM notifications) AS ranked
WHERE notifications.id = ranked.id;

DROP INDEX notifications_of_audience;
CREATE INDEX notifications_of_audience ON notifications (audience, position);
CREATE INDEX notifications_by_age ON notifications (clock);
CREATE INDEX notification_reads_by_notification ON notification_reads (notification_id);

-- since_position: what was broadcast up to there was told before the user came. read_through: all up to there has been read; what was
-- read beyond it has a row of its own in notification_reads.
ALTER TABLE users ADD COLUMN since_position BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN read_through BIGINT NOT NULL DEFAULT -9223372036854775807;

UPDATE users SET since_position =
    COALESCE((SELECT MAX(position) FROM notifications WHERE notifications.created_at < users.created_at), -9223372036854775807);

-- Written by whoever wants to know whether the database takes writes.
CREATE TABLE probe (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    filler TEXT NOT NULL
);

INSERT INTO probe (only_row, filler) VALUES (1, '');
