-- Ordered by bytes, as the program compares them.
ALTER TABLE orders
    ADD COLUMN status_total TEXT COLLATE "C" GENERATED ALWAYS AS (status || '/' || lpad(CAST(total_cents AS TEXT), 19, '0')) STORED,
    ADD COLUMN status_updated TEXT COLLATE "C" GENERATED ALWAYS AS (status || '/' || updated_at) STORED;

CREATE INDEX orders_by_status_and_total ON orders (status_total, number);
CREATE INDEX orders_by_status_and_update ON orders (status_updated, number);

ANALYZE orders;
