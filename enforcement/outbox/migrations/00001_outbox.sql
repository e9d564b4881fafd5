-- +goose Up
CREATE TABLE outbox (
    id         TEXT PRIMARY KEY,      -- UUIDv7: rows are published in its order
    topic      TEXT NOT NULL,
    key        TEXT NOT NULL,
    payload    TEXT NOT NULL,         -- JSON
    created_at {{bigint}} NOT NULL
) {{strict}};

-- +goose Down
DROP TABLE outbox;
