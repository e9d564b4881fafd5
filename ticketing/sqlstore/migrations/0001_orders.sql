-- One text for both engines. Column types are PostgreSQL's; for SQLite BIGINT
-- becomes INTEGER, BYTEA becomes BLOB and STRICT is uncommented. Moments are
-- Unix milliseconds, 0 = not set; days are YYYY-MM-DD at the venue.

CREATE TABLE accounts (
    id           TEXT   NOT NULL PRIMARY KEY,
    phone_key    BYTEA  NOT NULL UNIQUE,
    phone_sealed BYTEA  NOT NULL,
    phone_masked TEXT   NOT NULL,
    password     TEXT   NOT NULL,
    created_at   BIGINT NOT NULL
) /* STRICT */;

CREATE TABLE sessions (
    id         TEXT   NOT NULL PRIMARY KEY,
    account_id TEXT   NOT NULL REFERENCES accounts (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL
) /* STRICT */;
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE pools (
    id              TEXT   NOT NULL PRIMARY KEY,
    name            TEXT   NOT NULL,
    price_fen       BIGINT NOT NULL CHECK (price_fen >= 0),
    limit_per_order BIGINT NOT NULL CHECK (limit_per_order > 0),
    hold_ms         BIGINT NOT NULL CHECK (hold_ms > 0),
    cutoff_ms       BIGINT NOT NULL CHECK (cutoff_ms >= 0),
    opens_at        BIGINT NOT NULL,
    version         BIGINT NOT NULL
) /* STRICT */;

-- The truth about capacity: no statement can make remaining negative.
CREATE TABLE pool_days (
    pool_id   TEXT   NOT NULL REFERENCES pools (id),
    day       TEXT   NOT NULL,
    capacity  BIGINT NOT NULL CHECK (capacity >= 0),
    remaining BIGINT NOT NULL CHECK (remaining >= 0 AND remaining <= capacity),
    version   BIGINT NOT NULL,
    PRIMARY KEY (pool_id, day)
) /* STRICT */;

CREATE TABLE orders (
    id                TEXT   NOT NULL PRIMARY KEY,
    account_id        TEXT   NOT NULL REFERENCES accounts (id),
    pool_id           TEXT   NOT NULL,
    day               TEXT   NOT NULL,
    state             TEXT   NOT NULL,
    total_fen         BIGINT NOT NULL,
    request_id        TEXT   NOT NULL,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    hold_expires_at   BIGINT NOT NULL,
    provisional_until BIGINT NOT NULL,
    paid_at           BIGINT NOT NULL,
    withdrawn_from    TEXT   NOT NULL,
    withdraw_reason   TEXT   NOT NULL,
    withdraw_receipt  TEXT   NOT NULL,
    withdrawn_at      BIGINT NOT NULL,
    reinstated_at     BIGINT NOT NULL,
    FOREIGN KEY (pool_id, day) REFERENCES pool_days (pool_id, day)
) /* STRICT */;
CREATE INDEX orders_account ON orders (account_id, created_at);
CREATE INDEX orders_due_holds ON orders (hold_expires_at) WHERE state = 'held';
CREATE INDEX orders_due_provisional ON orders (provisional_until) WHERE state = 'provisional';

CREATE TABLE positions (
    id              TEXT   NOT NULL PRIMARY KEY,
    order_id        TEXT   NOT NULL REFERENCES orders (id),
    idx             BIGINT NOT NULL,
    pool_id         TEXT   NOT NULL,
    day             TEXT   NOT NULL,
    live            BIGINT NOT NULL CHECK (live IN (0, 1)),
    name_masked     TEXT   NOT NULL,
    name_sealed     BYTEA  NOT NULL,
    document_type   TEXT   NOT NULL,
    document_masked TEXT   NOT NULL,
    document_key    BYTEA  NOT NULL,
    document_sealed BYTEA  NOT NULL,
    phone_sealed    BYTEA  NOT NULL
) /* STRICT */;
CREATE INDEX positions_order ON positions (order_id, idx);
CREATE UNIQUE INDEX positions_one_document_a_day ON positions (pool_id, day, document_key) WHERE live = 1;

CREATE TABLE answers (
    scope       TEXT   NOT NULL,
    key         TEXT   NOT NULL,
    fingerprint BYTEA  NOT NULL,
    result      TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
) /* STRICT */;
CREATE INDEX answers_created_at ON answers (created_at);

CREATE TABLE outbox (
    seq             BIGINT NOT NULL PRIMARY KEY,
    id              TEXT   NOT NULL UNIQUE,
    type            TEXT   NOT NULL,
    occurred_at     BIGINT NOT NULL,
    order_id        TEXT   NOT NULL,
    account_id      TEXT   NOT NULL,
    from_account_id TEXT   NOT NULL,
    pool_id         TEXT   NOT NULL,
    day             TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    positions       BIGINT NOT NULL,
    request_id      TEXT   NOT NULL,
    delivered_at    BIGINT NOT NULL
) /* STRICT */;
CREATE INDEX outbox_pending ON outbox (seq) WHERE delivered_at = 0;

-- One row. Every writing transaction updates it first, so that writers of all
-- processes take turns, and reserves its events' numbers in it at the end, so
-- that the outbox is numbered in order of commit.
CREATE TABLE writer_turn (
    id       BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    turn     BIGINT NOT NULL,
    last_seq BIGINT NOT NULL
) /* STRICT */;
INSERT INTO writer_turn (id, turn, last_seq) VALUES (1, 0, 0);

CREATE TABLE leases (
    name       TEXT   NOT NULL PRIMARY KEY,
    holder     TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
) /* STRICT */;
