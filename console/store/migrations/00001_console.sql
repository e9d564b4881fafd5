-- +goose Up
CREATE TABLE console_users (
    name          TEXT PRIMARY KEY,
    role          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    must_change   {{bigint}} NOT NULL,
    created_ms    {{bigint}} NOT NULL
) {{strict}};

CREATE TABLE console_sessions (
    token_hash TEXT PRIMARY KEY,
    name       TEXT NOT NULL REFERENCES console_users (name),
    address    TEXT NOT NULL,
    created_ms {{bigint}} NOT NULL,
    expires_ms {{bigint}} NOT NULL
) {{strict}};

CREATE TABLE console_keys (
    key_hash   TEXT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    role       TEXT NOT NULL,
    created_ms {{bigint}} NOT NULL
) {{strict}};

CREATE TABLE console_audit (
    seq        {{bigint}} PRIMARY KEY,
    time_ms    {{bigint}} NOT NULL,
    actor      TEXT NOT NULL,
    role       TEXT NOT NULL,
    address    TEXT NOT NULL,
    request_id TEXT NOT NULL,
    action     TEXT NOT NULL,
    object     TEXT NOT NULL,
    reason     TEXT NOT NULL,
    before     TEXT NOT NULL,
    after      TEXT NOT NULL,
    hash       TEXT NOT NULL
) {{strict}};
CREATE INDEX console_audit_object ON console_audit (object, seq);

-- +goose Down
DROP TABLE console_audit;
DROP TABLE console_keys;
DROP TABLE console_sessions;
DROP TABLE console_users;
