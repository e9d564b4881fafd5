-- The roll-ups of normal behaviour. Every row belongs to one build of one
-- hour; normal_hours names the build that counts. Readers look at no other.

-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS normal_values
(
    site    LowCardinality(String),
    feature LowCardinality(String),
    bucket  UInt8,
    kind    LowCardinality(String),
    route   LowCardinality(String),
    hour    DateTime('UTC') CODEC(Delta, ZSTD),
    account String CODEC(ZSTD),
    high    Float64 CODEC(ZSTD),
    low     Float64 CODEC(ZSTD),
    build   UInt64 CODEC(ZSTD)
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(hour)
ORDER BY (site, feature, bucket, kind, route, hour, account)
TTL hour + toIntervalDay(35)
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS normal_accounts
(
    site    LowCardinality(String),
    bucket  UInt8,
    hour    DateTime('UTC') CODEC(Delta, ZSTD),
    kind    LowCardinality(String),
    route   LowCardinality(String),
    account String CODEC(ZSTD),
    events  UInt64,
    hit     Bool,
    build   UInt64 CODEC(ZSTD)
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(hour)
ORDER BY (site, bucket, hour, kind, route, account)
TTL hour + toIntervalDay(35)
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS normal_hours
(
    site     LowCardinality(String),
    hour     DateTime('UTC'),
    build    UInt64,
    events   UInt64,
    complete UInt64,
    verdicts UInt64
)
ENGINE = ReplacingMergeTree(build)
PARTITION BY toYYYYMM(hour)
ORDER BY (site, hour)
TTL hour + toIntervalDay(35);

-- +goose Down
DROP TABLE IF EXISTS normal_hours;
DROP TABLE IF EXISTS normal_accounts;
DROP TABLE IF EXISTS normal_values;
