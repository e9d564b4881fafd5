-- What the collector and the network tell about a device. Rows from before have
-- the columns' defaults, which say that nothing was told.

-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS phone_class    LowCardinality(String) AFTER phone,
    ADD COLUMN IF NOT EXISTS mobile         Bool AFTER language,
    ADD COLUMN IF NOT EXISTS mismatch       Array(LowCardinality(String)) AFTER mobile,
    ADD COLUMN IF NOT EXISTS source         LowCardinality(String) AFTER mismatch,
    ADD COLUMN IF NOT EXISTS beacon_refused LowCardinality(String) AFTER source,
    ADD COLUMN IF NOT EXISTS beacon_at      DateTime64(3, 'UTC') AFTER beacon_refused,
    ADD COLUMN IF NOT EXISTS family         String AFTER beacon_at,
    ADD COLUMN IF NOT EXISTS imprint        String AFTER family,
    ADD COLUMN IF NOT EXISTS traces         Array(LowCardinality(String)) AFTER imprint,
    ADD COLUMN IF NOT EXISTS moves          UInt32 AFTER traces,
    ADD COLUMN IF NOT EXISTS pointer        Float64 AFTER moves,
    ADD COLUMN IF NOT EXISTS keys           UInt32 AFTER pointer,
    ADD COLUMN IF NOT EXISTS key_gap        UInt32 AFTER keys,
    ADD COLUMN IF NOT EXISTS key_spread     UInt32 AFTER key_gap,
    ADD COLUMN IF NOT EXISTS pastes         UInt32 AFTER key_spread,
    ADD COLUMN IF NOT EXISTS key_proven     Bool AFTER pastes,
    ADD COLUMN IF NOT EXISTS key_changed    Bool AFTER key_proven,
    ADD COLUMN IF NOT EXISTS skew           Int32 AFTER key_changed;

-- +goose Down
ALTER TABLE events
    DROP COLUMN IF EXISTS phone_class,
    DROP COLUMN IF EXISTS mobile,
    DROP COLUMN IF EXISTS mismatch,
    DROP COLUMN IF EXISTS source,
    DROP COLUMN IF EXISTS beacon_refused,
    DROP COLUMN IF EXISTS beacon_at,
    DROP COLUMN IF EXISTS family,
    DROP COLUMN IF EXISTS imprint,
    DROP COLUMN IF EXISTS traces,
    DROP COLUMN IF EXISTS moves,
    DROP COLUMN IF EXISTS pointer,
    DROP COLUMN IF EXISTS keys,
    DROP COLUMN IF EXISTS key_gap,
    DROP COLUMN IF EXISTS key_spread,
    DROP COLUMN IF EXISTS pastes,
    DROP COLUMN IF EXISTS key_proven,
    DROP COLUMN IF EXISTS key_changed,
    DROP COLUMN IF EXISTS skew;
