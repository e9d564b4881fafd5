-- +goose Up
CREATE TABLE notify_channels (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL CHECK (kind IN ('webhook', 'email', 'wecom', 'dingtalk', 'feishu', 'sms')),
    language   TEXT NOT NULL CHECK (language IN ('zh', 'en')),
    least      TEXT NOT NULL CHECK (least IN ('notice', 'warning', 'urgent')),
    only_kinds TEXT NOT NULL,                   -- JSON list of kinds of messages; [] = all
    enabled    {{bigint}} NOT NULL CHECK (enabled IN (0, 1)),
    target     TEXT NOT NULL,                   -- sealed, in base64
    hint       TEXT NOT NULL,                   -- the target without its secrets
    version    {{bigint}} NOT NULL,
    updated_ms {{bigint}} NOT NULL,
    updated_by TEXT NOT NULL
) {{strict}};

-- Words that replace the shipped ones.
CREATE TABLE notify_templates (
    kind       TEXT NOT NULL,
    language   TEXT NOT NULL,
    title      TEXT NOT NULL,
    body       TEXT NOT NULL,
    updated_ms {{bigint}} NOT NULL,
    updated_by TEXT NOT NULL,
    PRIMARY KEY (kind, language)
) {{strict}};

-- What was told; the key keeps it from being told twice.
CREATE TABLE notify_messages (
    id         TEXT PRIMARY KEY,
    message_key TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    severity   TEXT NOT NULL,
    time_ms    {{bigint}} NOT NULL,
    link       TEXT NOT NULL,
    created_ms {{bigint}} NOT NULL
) {{strict}};

-- One message over one channel, with the words as they are sent.
CREATE TABLE notify_deliveries (
    id         TEXT PRIMARY KEY,                -- UUIDv7; receivers know repetitions by it
    message_id TEXT NOT NULL REFERENCES notify_messages (id) ON DELETE CASCADE,
    channel_id TEXT NOT NULL REFERENCES notify_channels (id) ON DELETE CASCADE,
    title      TEXT NOT NULL,
    body       TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'unknown', 'failed')),
    attempts   {{bigint}} NOT NULL,
    next_ms    {{bigint}} NOT NULL,             -- queued: not before; sending: the worker's lease
    last_error TEXT NOT NULL,
    created_ms {{bigint}} NOT NULL,
    updated_ms {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX notify_deliveries_due ON notify_deliveries (next_ms) WHERE state IN ('queued', 'sending');
CREATE INDEX notify_deliveries_channel ON notify_deliveries (channel_id, id);
CREATE INDEX notify_deliveries_message ON notify_deliveries (message_id);

-- +goose Down
DROP TABLE notify_deliveries;
DROP TABLE notify_messages;
DROP TABLE notify_templates;
DROP TABLE notify_channels;
