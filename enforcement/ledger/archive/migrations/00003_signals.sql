-- How a challenge was met, who pays, and through whom the booking system sold.
-- Rows from before have the columns' defaults, which say that nothing was told.

-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS phone_block String AFTER phone_class,
    ADD COLUMN IF NOT EXISTS payee       String AFTER phone_block,
    ADD COLUMN IF NOT EXISTS channel     LowCardinality(String) AFTER positions,
    ADD COLUMN IF NOT EXISTS pass_solve  UInt32 AFTER passed,
    ADD COLUMN IF NOT EXISTS pass_gap    UInt32 AFTER pass_solve,
    ADD COLUMN IF NOT EXISTS pass_moved  Bool AFTER pass_gap;

ALTER TABLE outcomes
    ADD COLUMN IF NOT EXISTS channel LowCardinality(String) AFTER request_id;

-- +goose Down
ALTER TABLE events
    DROP COLUMN IF EXISTS phone_block,
    DROP COLUMN IF EXISTS payee,
    DROP COLUMN IF EXISTS channel,
    DROP COLUMN IF EXISTS pass_solve,
    DROP COLUMN IF EXISTS pass_gap,
    DROP COLUMN IF EXISTS pass_moved;

ALTER TABLE outcomes
    DROP COLUMN IF EXISTS channel;
