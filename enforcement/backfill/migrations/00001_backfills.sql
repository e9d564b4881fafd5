-- +goose Up
-- One row for each definition that was ever backfilled: the latest job.
CREATE TABLE features_backfills (
    definition TEXT PRIMARY KEY,
    feature    TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'cancelled', 'failed')),
    from_ms    {{bigint}} NOT NULL,
    to_ms      {{bigint}} NOT NULL,
    at_ms      {{bigint}} NOT NULL,          -- everything before is in
    counted_ms {{bigint}} NOT NULL,          -- since when it was counted live
    events     {{bigint}} NOT NULL,
    actor      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    failure    TEXT NOT NULL,
    changed_ms {{bigint}} NOT NULL,
    lease_ms   {{bigint}} NOT NULL           -- until when a process works on it
) {{strict}};

-- +goose Down
DROP TABLE features_backfills;
