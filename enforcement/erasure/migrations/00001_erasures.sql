-- +goose Up
CREATE TABLE erasures (
    id          TEXT PRIMARY KEY,               -- UUIDv7
    site        TEXT NOT NULL,
    account     TEXT NOT NULL,                  -- '' once it is erased
    pseudonym   TEXT NOT NULL,                  -- '' until then
    source      TEXT NOT NULL CHECK (source IN ('booking', 'operator')),
    ref         TEXT NOT NULL,                  -- the booking system's number, or the id
    actor       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    step        TEXT NOT NULL CHECK (step IN ('first', 'last', 'done')),
    attempts    {{bigint}} NOT NULL,            -- that failed since the last that did not
    next_ms     {{bigint}} NOT NULL,            -- also the lease of a worker
    created_ms  {{bigint}} NOT NULL,
    finished_ms {{bigint}} NOT NULL,            -- 0: under way
    UNIQUE (site, source, ref)
) {{strict}};
CREATE INDEX erasures_due ON erasures (next_ms) WHERE step <> 'done';

-- Up to where the booking system's record was read.
CREATE TABLE erasures_read (
    site TEXT PRIMARY KEY,
    seq  {{bigint}} NOT NULL
) {{strict}};

-- +goose Down
DROP TABLE erasures_read;
DROP TABLE erasures;
