INSERT INTO order_items (number, position, sku, name, quantity, price_cents, customer, status)
    SELECT number, item.key, item.value ->> 'sku', item.value ->> 'name', item.value ->> 'quantity', item.value ->> 'priceCents',
        customer, status
    FROM orders, json_each(orders.items) AS item;

-- What the log still tells of the orders' steps; then what their rows tell.
INSERT INTO order_steps (number, version, status, changed_by, changed_at)
    SELECT orders.number, data ->> 'version', data ->> 'status', CASE data ->> 'version' WHEN 1 THEN orders.customer END, data ->> 'updatedAt'
    FROM events JOIN orders ON orders.number = data ->> 'number' WHERE staff = 1 AND type = 'order.updated'
    ON CONFLICT (number, version) DO NOTHING;
INSERT INTO order_steps (number, version, status, changed_by, changed_at)
    SELECT number, 1, 'placed', customer, placed_at FROM orders WHERE true ON CONFLICT (number, version) DO NOTHING;
INSERT INTO order_steps (number, version, status, changed_by, changed_at)
    SELECT number, version, status, NULL, updated_at FROM orders WHERE version > 1 ON CONFLICT (number, version) DO NOTHING;

ALTER TABLE orders DROP COLUMN items;

ALTER TABLE orders ADD COLUMN customer_status TEXT GENERATED ALWAYS AS (customer || '/' || status) VIRTUAL;

CREATE INDEX orders_by_status ON orders (status, number);
CREATE INDEX orders_of_customer_by_status ON orders (customer_status, number);
CREATE INDEX order_items_by_product ON order_items (product_status, number);
CREATE INDEX order_items_of_customer_by_product ON order_items (customer_product_status, number);
