ALTER TABLE orders ADD COLUMN status_total TEXT GENERATED ALWAYS AS (status || '/' || printf('%019d', total_cents)) VIRTUAL;
ALTER TABLE orders ADD COLUMN status_updated TEXT GENERATED ALWAYS AS (status || '/' || updated_at) VIRTUAL;

CREATE INDEX orders_by_status_and_total ON orders (status_total, number);
CREATE INDEX orders_by_status_and_update ON orders (status_updated, number);
