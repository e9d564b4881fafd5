-- What the inspection of pools found. An id is that of what is wrong, so that
-- the same thing found again is the same finding.
CREATE TABLE findings (
    id              TEXT   NOT NULL PRIMARY KEY,
    kind            TEXT   NOT NULL,
    severity        TEXT   NOT NULL,
    pool_id         TEXT   NOT NULL,
    day             TEXT   NOT NULL,
    subject         TEXT   NOT NULL,
    expected        TEXT   NOT NULL,
    found           TEXT   NOT NULL,
    first_seen      BIGINT NOT NULL,
    last_seen       BIGINT NOT NULL,
    seen            BIGINT NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved')),
    acknowledged_by TEXT   NOT NULL,
    acknowledged_at BIGINT NOT NULL,
    note            TEXT   NOT NULL
) /* STRICT */;
CREATE INDEX findings_state ON findings (state, id);
CREATE INDEX outbox_transfers ON outbox (order_id) WHERE type = 'order.transferred';
