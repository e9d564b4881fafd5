-- What the device's signature over a booking was worth; empty: there was none.

-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS proof LowCardinality(String) AFTER skew;

-- +goose Down
ALTER TABLE events
    DROP COLUMN IF EXISTS proof;
