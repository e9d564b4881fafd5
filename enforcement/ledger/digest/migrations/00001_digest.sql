-- The condensed hours. Every row belongs to one build of one hour; digest_hours
-- names the build that counts. Readers look at no other. There is no retention
-- here: the Builder drops the days that the ledger has dropped.

-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS digest_rows
(
    site       LowCardinality(String),
    weight     UInt8,
    hour       DateTime('UTC') CODEC(Delta, ZSTD),
    account    String CODEC(ZSTD),
    kind       LowCardinality(String),
    pool       LowCardinality(String),
    day        LowCardinality(String),
    order_id   String CODEC(ZSTD),
    said       LowCardinality(String),
    fired      Array(LowCardinality(String)),
    blocked    UInt8,
    challenged UInt8,
    reached    UInt8,
    accepted   UInt8,
    declined   UInt8,
    passed     UInt8,
    first      DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    last       DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    last_id    String CODEC(ZSTD),
    build      UInt64 CODEC(ZSTD)
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(hour)
ORDER BY (site, weight, hour, account);

CREATE TABLE IF NOT EXISTS digest_hours
(
    hour     DateTime('UTC'),
    build    UInt64,
    events   UInt64,
    checksum UInt64
)
ENGINE = ReplacingMergeTree(build)
PARTITION BY toYYYYMM(hour)
ORDER BY hour;

CREATE TABLE IF NOT EXISTS digest_days
(
    day   Date,
    stamp String,
    at    DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(at)
ORDER BY day;

-- +goose Down
DROP TABLE IF EXISTS digest_days;
DROP TABLE IF EXISTS digest_hours;
DROP TABLE IF EXISTS digest_rows;
