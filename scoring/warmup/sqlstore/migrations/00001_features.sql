-- +goose Up
-- Since when each definition of a feature is counted; times in Unix ms.
CREATE TABLE features_definitions (
    definition TEXT PRIMARY KEY,
    since_ms   {{bigint}} NOT NULL,          -- 0: from the beginning
    counted_ms {{bigint}} NOT NULL,
    seen_ms    {{bigint}} NOT NULL,
    before_ms  {{bigint}} NOT NULL           -- 0: never before
) {{strict}};

-- One row that reports queue on, so that only the first one ever is the first.
CREATE TABLE features_reports (
    id      {{bigint}} PRIMARY KEY,
    last_ms {{bigint}} NOT NULL
) {{strict}};

-- +goose Down
DROP TABLE features_reports;
DROP TABLE features_definitions;
