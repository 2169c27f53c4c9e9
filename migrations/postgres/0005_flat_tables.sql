INSERT INTO order_items (number, position, sku, name, quantity, price_cents, customer, status)
    SELECT number, position - 1, item ->> 'sku', item ->> 'name', CAST(item ->> 'quantity' AS BIGINT), CAST(item ->> 'priceCents' AS BIGINT),
        customer, status
    FROM orders CROSS JOIN LATERAL json_array_elements(CAST(orders.items AS JSON)) WITH ORDINALITY AS items (item, position);

-- What the log still tells of the orders' steps; then what their rows tell. The log's texts are JSON where the staff read them, too.
WITH told AS MATERIALIZED (SELECT CAST(data AS JSON) AS data FROM events WHERE staff = 1 AND type = 'order.updated')
INSERT INTO order_steps (number, version, status, changed_by, changed_at)
    SELECT orders.number, CAST(data ->> 'version' AS BIGINT), data ->> 'status',
        CASE data ->> 'version' WHEN '1' THEN orders.customer END, data ->> 'updatedAt'
    FROM told JOIN orders ON orders.number = CAST(data ->> 'number' AS BIGINT)
    ON CONFLICT (number, version) DO NOTHING;
INSERT INTO order_steps (number, version, status, changed_by, changed_at)
    SELECT number, 1, 'placed', customer, placed_at FROM orders ON CONFLICT (number, version) DO NOTHING;
INSERT INTO order_steps (number, version, status, changed_by, changed_at)
    SELECT number, version, status, NULL, updated_at FROM orders WHERE version > 1 ON CONFLICT (number, version) DO NOTHING;

-- Ordered by bytes: the names that begin with a text lie together.
ALTER TABLE orders DROP COLUMN items, ALTER COLUMN customer TYPE TEXT COLLATE "C";

ALTER TABLE orders ADD COLUMN customer_status TEXT GENERATED ALWAYS AS (customer || '/' || status) STORED;

CREATE INDEX orders_by_status ON orders (status, number);
CREATE INDEX orders_of_customer_by_status ON orders (customer_status, number);
CREATE INDEX order_items_by_product ON order_items (product_status, number);
CREATE INDEX order_items_of_customer_by_product ON order_items (customer_product_status, number);

-- Until autovacuum has looked at them, plans would be made for empty tables.
ANALYZE orders, order_items, order_steps, counters, events, notifications;
