-- +goose Up
CREATE TABLE sweeps (
    id       TEXT PRIMARY KEY,                  -- UUIDv7
    site     TEXT NOT NULL,
    account  TEXT NOT NULL,
    entity   TEXT NOT NULL,                     -- what was blocked
    key      TEXT NOT NULL,
    rule     TEXT NOT NULL,
    ruleset  TEXT NOT NULL,
    event_id TEXT NOT NULL,
    receipt  TEXT NOT NULL,
    class    TEXT NOT NULL,
    at       {{bigint}} NOT NULL,               -- event time
    state    TEXT NOT NULL CHECK (state IN ('due', 'done', 'undone')),
    attempts {{bigint}} NOT NULL,
    next_at  {{bigint}} NOT NULL,               -- also the lease of a worker
    UNIQUE (site, account, event_id)
) {{strict}};
CREATE INDEX sweeps_due ON sweeps (next_at) WHERE state = 'due';

CREATE TABLE withdrawals (
    id         TEXT PRIMARY KEY,                -- UUIDv7
    sweep_id   TEXT NOT NULL REFERENCES sweeps (id),
    site       TEXT NOT NULL,
    account    TEXT NOT NULL,
    order_id   TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN
        ('pending', 'withdrawn', 'past_cutoff', 'gone', 'reinstating', 'reinstated', 'lost')),
    actor      TEXT NOT NULL,                   -- who asked for the reinstatement
    reason     TEXT NOT NULL,
    attempts   {{bigint}} NOT NULL,
    next_at    {{bigint}} NOT NULL,
    created_at {{bigint}} NOT NULL,
    updated_at {{bigint}} NOT NULL
) {{strict}};
-- An order is taken back once, until it is given back.
CREATE UNIQUE INDEX withdrawals_one ON withdrawals (site, order_id)
    WHERE state IN ('pending', 'withdrawn', 'past_cutoff', 'reinstating');
CREATE INDEX withdrawals_account ON withdrawals (site, account);
CREATE INDEX withdrawals_sweep ON withdrawals (sweep_id);
CREATE INDEX withdrawals_due ON withdrawals (next_at) WHERE state = 'reinstating';

-- +goose Down
DROP TABLE withdrawals;
DROP TABLE sweeps;
