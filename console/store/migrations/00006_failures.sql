-- +goose Up
-- Failed sign-ins of the present interval, one row an account; '' stands for all
-- names that nobody has.
CREATE TABLE console_failures (
    name     TEXT PRIMARY KEY,
    since_ms {{bigint}} NOT NULL,
    count    {{bigint}} NOT NULL,
    locked   {{bigint}} NOT NULL,               -- 1: the lock-out is in the audit log
    address  TEXT NOT NULL                      -- of the last one
) {{strict}};

-- +goose Down
DROP TABLE console_failures;
