-- +goose Up
CREATE TABLE alerts (
    id           TEXT PRIMARY KEY,              -- UUIDv7
    site         TEXT NOT NULL,
    pattern      TEXT NOT NULL,
    grouping     TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('firing', 'acknowledged', 'closed')),
    severity     TEXT NOT NULL CHECK (severity IN ('notice', 'warning', 'urgent')),
    body         TEXT NOT NULL,                 -- JSON: pools, texts, path
    accounts     {{bigint}} NOT NULL,
    since_ms     {{bigint}} NOT NULL,
    seen_ms      {{bigint}} NOT NULL,
    acked_ms     {{bigint}} NOT NULL,           -- 0: by nobody
    acked_by     TEXT NOT NULL,
    escalated    {{bigint}} NOT NULL,
    next_ms      {{bigint}} NOT NULL,           -- of the next escalation; 0: none
    told         {{bigint}} NOT NULL CHECK (told IN (0, 1)),
    closed_ms    {{bigint}} NOT NULL,
    closed_by    TEXT NOT NULL,
    note         TEXT NOT NULL
) {{strict}};
-- One open alert a pattern and group.
CREATE UNIQUE INDEX alerts_one ON alerts (site, pattern, grouping) WHERE state <> 'closed';
CREATE INDEX alerts_since ON alerts (site, since_ms);

CREATE TABLE alert_silences (
    id         TEXT PRIMARY KEY,
    site       TEXT NOT NULL,
    pattern    TEXT NOT NULL,                   -- '' = every pattern
    grouping   TEXT NOT NULL,                   -- '' = every group
    pool       TEXT NOT NULL,                   -- '' = every pool
    reason     TEXT NOT NULL,
    made_by    TEXT NOT NULL,
    made_ms    {{bigint}} NOT NULL,
    until_ms   {{bigint}} NOT NULL,             -- also when ended early
    matched_ms {{bigint}} NOT NULL,             -- when it last matched something
    ended_by   TEXT NOT NULL
) {{strict}};
CREATE INDEX alert_silences_until ON alert_silences (site, until_ms);

-- +goose Down
DROP TABLE alert_silences;
DROP TABLE alerts;
