-- +goose Up
CREATE TABLE console_totp (
    name         TEXT PRIMARY KEY REFERENCES console_users (name),
    sealed       TEXT NOT NULL,
    pending      TEXT NOT NULL,
    last_step    {{bigint}} NOT NULL,
    confirmed_ms {{bigint}} NOT NULL
) {{strict}};

CREATE TABLE console_recovery (
    name      TEXT NOT NULL REFERENCES console_users (name),
    code_hash TEXT NOT NULL,
    used_ms   {{bigint}} NOT NULL,
    PRIMARY KEY (name, code_hash)
) {{strict}};

-- +goose Down
DROP TABLE console_recovery;
DROP TABLE console_totp;
