-- +goose Up
CREATE TABLE undo_jobs (
    id          TEXT PRIMARY KEY,               -- UUIDv7
    site        TEXT NOT NULL,
    rule        TEXT NOT NULL,
    ruleset     TEXT NOT NULL,                  -- '': every version
    from_ms     {{bigint}} NOT NULL,            -- event time, 0: no bound
    to_ms       {{bigint}} NOT NULL,
    actor       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    step        TEXT NOT NULL CHECK (step IN ('blocks', 'orders', 'done')),
    position    TEXT NOT NULL,                  -- in the step: the last entry or account that is done
    attempts    {{bigint}} NOT NULL,            -- that failed since the last that did not
    next_ms     {{bigint}} NOT NULL,            -- also the lease of a worker
    created_ms  {{bigint}} NOT NULL,
    updated_ms  {{bigint}} NOT NULL,
    finished_ms {{bigint}} NOT NULL             -- 0: under way
) {{strict}};
CREATE UNIQUE INDEX undo_jobs_one ON undo_jobs (site, rule, ruleset, from_ms) WHERE step <> 'done';
CREATE INDEX undo_jobs_due ON undo_jobs (next_ms) WHERE step <> 'done';

-- What was left as it was, and why.
CREATE TABLE undo_kept (
    job_id  TEXT NOT NULL REFERENCES undo_jobs (id),
    kind    TEXT NOT NULL CHECK (kind IN ('block', 'orders')),
    ref     TEXT NOT NULL,                      -- the entry, or the account
    why     TEXT NOT NULL,
    PRIMARY KEY (job_id, kind, ref)
) {{strict}};

-- +goose Down
DROP TABLE undo_kept;
DROP TABLE undo_jobs;
