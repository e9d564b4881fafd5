-- +goose Up
-- Sessions of before have neither an id nor a CSRF token: who was signed in signs in again.
DROP TABLE console_sessions;
CREATE TABLE console_sessions (
    token_hash  TEXT PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL REFERENCES console_users (name),
    credential  TEXT NOT NULL,
    stage       TEXT NOT NULL,
    csrf        TEXT NOT NULL,
    address     TEXT NOT NULL,
    agent       TEXT NOT NULL,
    created_ms  {{bigint}} NOT NULL,
    used_ms     {{bigint}} NOT NULL,
    proved_ms   {{bigint}} NOT NULL,
    expires_ms  {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX console_sessions_name ON console_sessions (name, created_ms);

CREATE TABLE console_tries (
    subject  TEXT PRIMARY KEY,
    count    {{bigint}} NOT NULL,
    since_ms {{bigint}} NOT NULL
) {{strict}};

ALTER TABLE console_users ADD COLUMN disabled_ms {{bigint}} NOT NULL DEFAULT 0;
ALTER TABLE console_keys ADD COLUMN expires_ms {{bigint}} NOT NULL DEFAULT 0;
ALTER TABLE console_keys ADD COLUMN used_ms {{bigint}} NOT NULL DEFAULT 0;
ALTER TABLE console_keys ADD COLUMN revoked_ms {{bigint}} NOT NULL DEFAULT 0;
ALTER TABLE console_keys ADD COLUMN sensitive {{bigint}} NOT NULL DEFAULT 1;
ALTER TABLE console_keys ADD COLUMN created_by TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE console_keys DROP COLUMN created_by;
ALTER TABLE console_keys DROP COLUMN sensitive;
ALTER TABLE console_keys DROP COLUMN revoked_ms;
ALTER TABLE console_keys DROP COLUMN used_ms;
ALTER TABLE console_keys DROP COLUMN expires_ms;
ALTER TABLE console_users DROP COLUMN disabled_ms;
DROP TABLE console_tries;
DROP TABLE console_sessions;
CREATE TABLE console_sessions (
    token_hash TEXT PRIMARY KEY,
    name       TEXT NOT NULL REFERENCES console_users (name),
    address    TEXT NOT NULL,
    created_ms {{bigint}} NOT NULL,
    expires_ms {{bigint}} NOT NULL
) {{strict}};
