-- +goose Up
CREATE TABLE backtests (
    id          TEXT PRIMARY KEY,
    state       TEXT NOT NULL,
    actor       TEXT NOT NULL,
    created_ms  {{bigint}} NOT NULL,
    started_ms  {{bigint}} NOT NULL,
    ended_ms    {{bigint}} NOT NULL,
    beat_ms     {{bigint}} NOT NULL,
    from_ms     {{bigint}} NOT NULL,
    to_ms       {{bigint}} NOT NULL,
    version     TEXT NOT NULL,
    against     TEXT NOT NULL,
    document    TEXT NOT NULL,
    against_document TEXT NOT NULL,
    cancelled_by TEXT NOT NULL,
    position    TEXT NOT NULL,
    result      TEXT NOT NULL,
    error       TEXT NOT NULL
) {{strict}};
CREATE INDEX backtests_by_state ON backtests (state, created_ms);
CREATE INDEX backtests_by_version ON backtests (version, ended_ms);

-- +goose Down
DROP TABLE backtests;
