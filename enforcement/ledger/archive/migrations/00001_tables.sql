-- Every table is a ReplacingMergeTree whose sorting key ends in the record's
-- id: a record that arrives again, in whatever batch, has the same key and
-- replaces itself. Partitions follow the record's own time, never the time of
-- insertion, so that repeats meet in one partition. Merging is not waited
-- for: readers use FINAL. The retention written here is the default; Migrate
-- changes it to the configured one.

-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS events
(
    id              String,
    time            DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    site            LowCardinality(String),
    gateway         LowCardinality(String),
    boot            String,
    seq             UInt64 CODEC(Delta, ZSTD),
    kind            LowCardinality(String),
    route           LowCardinality(String),
    method          LowCardinality(String),
    path            String,
    account         String,
    claimed         String,
    session         String,
    device          String,
    device_issued   DateTime64(3, 'UTC'),
    device_fresh    Bool,
    documents       Array(String),
    phone           String,
    ip              String,
    subnet          String,
    asn             UInt32,
    as_org          LowCardinality(String),
    country         LowCardinality(String),
    hosting         Bool,
    user_agent      String,
    automation      Bool,
    headers         String,
    tls             String,
    language        LowCardinality(String),
    order_id        String,
    pool            LowCardinality(String),
    day             LowCardinality(String),
    positions       UInt32,
    action          LowCardinality(String),
    observed        LowCardinality(String),
    reason          LowCardinality(String),
    receipt         String,
    ruleset         LowCardinality(String),
    rules           Array(LowCardinality(String)),
    hits            String,
    score           Float64,
    snapshot_names  Array(LowCardinality(String)),
    snapshot_values Array(Float64),
    degraded        Bool,
    passed          Bool,
    disposition     LowCardinality(String),
    status          UInt16,
    order_state     LowCardinality(String),
    code            LowCardinality(String),
    latency         Int64,
    screening       Int64,
    completeness    UInt8,
    INDEX by_id id TYPE bloom_filter GRANULARITY 2,
    INDEX by_account account TYPE bloom_filter GRANULARITY 2,
    INDEX by_order order_id TYPE bloom_filter GRANULARITY 2
)
ENGINE = ReplacingMergeTree(completeness)
PARTITION BY toYYYYMMDD(time)
ORDER BY (site, time, id)
TTL toDateTime(time) + toIntervalDay(190)
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS verdicts
(
    event_id        String,
    stage           LowCardinality(String),
    time            DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    site            LowCardinality(String),
    kind            LowCardinality(String),
    account         String,
    device          String,
    order_id        String,
    pool            LowCardinality(String),
    day             LowCardinality(String),
    observe         Bool,
    action          LowCardinality(String),
    decision        LowCardinality(String),
    receipt         String,
    score           Float64,
    rules           Array(LowCardinality(String)),
    shadow_rules    Array(LowCardinality(String)),
    hits            String,
    ruleset         LowCardinality(String),
    snapshot_names  Array(LowCardinality(String)),
    snapshot_values Array(Float64),
    INDEX by_account account TYPE bloom_filter GRANULARITY 2
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMMDD(time)
ORDER BY (site, time, stage, event_id)
TTL toDateTime(time) + toIntervalDay(190)
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS actions
(
    id       String,
    time     DateTime64(3, 'UTC'),
    site     LowCardinality(String),
    kind     LowCardinality(String),
    entity   LowCardinality(String),
    key      String,
    order_id String,
    rule     LowCardinality(String),
    ruleset  LowCardinality(String),
    event_id String,
    actor    LowCardinality(String),
    detail   String
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (site, time, id)
TTL toDateTime(time) + toIntervalDay(190);

CREATE TABLE IF NOT EXISTS outcomes
(
    id          String,
    type        LowCardinality(String),
    occurred_at DateTime64(3, 'UTC'),
    site        LowCardinality(String),
    order_id    String,
    account     String,
    pool        LowCardinality(String),
    day         LowCardinality(String),
    state       LowCardinality(String),
    positions   UInt32,
    request_id  String,
    INDEX by_id id TYPE bloom_filter GRANULARITY 2
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (site, order_id, occurred_at, id)
TTL toDateTime(occurred_at) + toIntervalDay(190);

CREATE TABLE IF NOT EXISTS labels
(
    id        String,
    time      DateTime64(3, 'UTC'),
    site      LowCardinality(String),
    account   String,
    value     LowCardinality(String),
    source    LowCardinality(String),
    actor     String,
    reason    String,
    operator  String,
    visit_day Date32
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (site, account, time, id)
TTL toDateTime(time) + toIntervalDay(190);

-- +goose Down
DROP TABLE IF EXISTS labels;
DROP TABLE IF EXISTS outcomes;
DROP TABLE IF EXISTS actions;
DROP TABLE IF EXISTS verdicts;
DROP TABLE IF EXISTS events;
