-- For the figures of the staff's desk.

CREATE INDEX orders_by_status ON orders (status);
CREATE INDEX orders_by_day ON orders (placed_at);
