-- What a page or a figure costs does not grow with the shop. A file of the same number in sqlite/ or postgres/ goes on where the two differ.

-- customer and status are the order's, kept here too for the indexes by which the orders with a product are found. Each of these has one
-- key and the number: where a key has several columns, PostgreSQL may walk more of it than a query needs.
CREATE TABLE order_items (
    number BIGINT NOT NULL,
    position BIGINT NOT NULL,
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    price_cents BIGINT NOT NULL,
    customer TEXT NOT NULL,
    status TEXT NOT NULL,
    product_status TEXT GENERATED ALWAYS AS (sku || '/' || status) STORED,
    customer_product_status TEXT GENERATED ALWAYS AS (customer || '/' || sku || '/' || status) STORED,
    PRIMARY KEY (number, position)
);

-- changed_by: a user name, or what else made the step; NULL where an earlier version did not record it.
CREATE TABLE order_steps (
    number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    status TEXT NOT NULL,
    changed_by TEXT,
    changed_at TEXT NOT NULL,
    PRIMARY KEY (number, version)
);

-- Counted along with each change of an order. bucket: a status, or an hour in UTC, such as 2026-11-23T01.
CREATE TABLE counters (
    counter TEXT NOT NULL,
    bucket TEXT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (counter, bucket)
);

INSERT INTO counters (counter, bucket, value) SELECT 'orders_by_status', status, COUNT(*) FROM orders GROUP BY status;
INSERT INTO counters (counter, bucket, value) SELECT 'orders_by_hour', substr(placed_at, 1, 13), COUNT(*) FROM orders GROUP BY 2;
INSERT INTO counters (counter, bucket, value)
    SELECT 'revenue_by_hour', substr(placed_at, 1, 13), CAST(SUM(total_cents) AS BIGINT) FROM orders WHERE status <> 'cancelled' GROUP BY 2;

-- The log's head at the beginning of each ten seconds in which it was written. point: such times since 1970, by the database's clock.
CREATE TABLE event_points (
    point BIGINT NOT NULL PRIMARY KEY,
    head BIGINT NOT NULL
);

DROP INDEX events_by_age;
-- Of the product of the two, so that a query by it can have no other plan, whatever the database knows or guesses of the table.
CREATE INDEX events_of_staff ON events ((sequence * staff)) WHERE staff = 1;

-- Of both columns, so that whether a user has read a notification is one entry of either index.
DROP INDEX notification_reads_by_notification;
CREATE INDEX notification_reads_by_notification ON notification_reads (notification_id, username);

DROP INDEX notifications_by_age;
CREATE INDEX notifications_by_age ON notifications (clock, id);
CREATE INDEX notifications_of_order ON notifications (order_id, position) WHERE order_id IS NOT NULL;

DROP INDEX orders_by_status;
DROP INDEX orders_by_day;
