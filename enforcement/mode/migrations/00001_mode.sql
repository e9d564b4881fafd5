-- +goose Up
CREATE TABLE site_mode (
    site       TEXT PRIMARY KEY,
    observing  {{bigint}} NOT NULL,
    actor      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    changed_ms {{bigint}} NOT NULL
) {{strict}};

-- +goose Down
DROP TABLE site_mode;
