-- Codes sent to phones, the messages that carry them, and who WeChat users are.

-- An account without a phone number has, instead of the number's HMAC of 32
-- bytes, a longer key made of its id, and an empty phone_sealed.
ALTER TABLE accounts ADD COLUMN phone_verified_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX sessions_account ON sessions (account_id);

CREATE TABLE phone_codes (
    id         TEXT   NOT NULL PRIMARY KEY,
    phone_key  BYTEA  NOT NULL,
    purpose    TEXT   NOT NULL,
    mac        BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    tries      BIGINT NOT NULL CHECK (tries >= 0),
    used_at    BIGINT NOT NULL
) /* STRICT */;
CREATE INDEX phone_codes_phone ON phone_codes (phone_key, created_at);
CREATE INDEX phone_codes_created_at ON phone_codes (created_at);

-- How many codes were made on a day, over all numbers.
CREATE TABLE phone_code_days (
    day  TEXT   NOT NULL PRIMARY KEY,
    made BIGINT NOT NULL
) /* STRICT */;

CREATE TABLE messages (
    id           TEXT   NOT NULL PRIMARY KEY,
    purpose      TEXT   NOT NULL,
    state        TEXT   NOT NULL CHECK (state IN ('queued', 'sending', 'unknown', 'sent', 'failed')),
    attempts     BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    attempted_at BIGINT NOT NULL,
    next_at      BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    reference    TEXT   NOT NULL,
    reason       TEXT   NOT NULL,
    phone_key    BYTEA  NOT NULL,
    sealed       BYTEA  NOT NULL
) /* STRICT */;
CREATE INDEX messages_due ON messages (next_at, id) WHERE state IN ('queued', 'sending', 'unknown');
CREATE INDEX messages_created_at ON messages (created_at);

CREATE TABLE wechat_identities (
    scope      TEXT   NOT NULL,
    subject    BYTEA  NOT NULL,
    sealed     BYTEA  NOT NULL,
    account_id TEXT   NOT NULL REFERENCES accounts (id),
    linked_at  BIGINT NOT NULL,
    PRIMARY KEY (scope, subject)
) /* STRICT */;
CREATE UNIQUE INDEX wechat_identities_account ON wechat_identities (account_id, scope);
