-- +goose Up
-- Which process of a fleet watches a site.
CREATE TABLE alert_watchers (
    site     TEXT PRIMARY KEY,
    holder   TEXT NOT NULL,
    until_ms {{bigint}} NOT NULL                -- when another may take over
) {{strict}};

-- +goose Down
DROP TABLE alert_watchers;
