-- What is erased is found by when it ended: of the days to come most orders that
-- ended did so lately.
DROP INDEX orders_ended;
CREATE INDEX orders_ended ON orders (updated_at) WHERE state IN ('cancelled', 'expired');
