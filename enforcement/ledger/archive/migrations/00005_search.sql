-- Operators look for events by receipt, phone and document. Parts from before are
-- searched without these indexes until they are merged; receipts end after 30
-- days, and no such search reaches further back.

-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE events
    ADD INDEX IF NOT EXISTS by_receipt receipt TYPE bloom_filter GRANULARITY 2,
    ADD INDEX IF NOT EXISTS by_phone phone TYPE bloom_filter GRANULARITY 2,
    ADD INDEX IF NOT EXISTS by_document documents TYPE bloom_filter GRANULARITY 2;

-- +goose Down
ALTER TABLE events
    DROP INDEX IF EXISTS by_receipt,
    DROP INDEX IF EXISTS by_phone,
    DROP INDEX IF EXISTS by_document;
