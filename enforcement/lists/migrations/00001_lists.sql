-- +goose Up
CREATE TABLE lists_version (
    id      {{bigint}} PRIMARY KEY CHECK (id = 1),
    version {{bigint}} NOT NULL
) {{strict}};
INSERT INTO lists_version (id, version) VALUES (1, 1);

CREATE TABLE lists_entries (
    id          TEXT PRIMARY KEY,               -- UUIDv7
    version     {{bigint}} NOT NULL,            -- of the last change
    site        TEXT NOT NULL,                  -- '': every site
    kind        TEXT NOT NULL CHECK (kind IN ('deny', 'exception')),
    entity      TEXT NOT NULL,
    key         TEXT NOT NULL CHECK (key <> ''),
    account     TEXT NOT NULL,                  -- behind a device or session, or ''
    source      TEXT NOT NULL CHECK (source IN ('rule', 'manual')),
    rule        TEXT NOT NULL,                  -- '' for a manual denial
    ruleset     TEXT NOT NULL,
    class       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    actor       TEXT NOT NULL,
    event_id    TEXT NOT NULL,
    created_at  {{bigint}} NOT NULL,            -- wall clock
    since       {{bigint}} NOT NULL,            -- event time
    expires_at  {{bigint}} NOT NULL,            -- event time, 0: no end
    lifted_at   {{bigint}} NOT NULL,            -- 0: not lifted
    lifted_by   TEXT NOT NULL,
    lift_reason TEXT NOT NULL
) {{strict}};

-- One entry at a time for the same target, rule and source.
CREATE UNIQUE INDEX lists_entries_one ON lists_entries (entity, key, kind, source, rule, site) WHERE lifted_at = 0;
CREATE INDEX lists_entries_version ON lists_entries (version);
CREATE INDEX lists_entries_account ON lists_entries (account) WHERE lifted_at = 0 AND account <> '';

CREATE TABLE lists_cleared (
    site       TEXT NOT NULL,
    entity     TEXT NOT NULL,
    key        TEXT NOT NULL,
    version    {{bigint}} NOT NULL,
    cleared_at {{bigint}} NOT NULL,
    actor      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    PRIMARY KEY (entity, key, site)
) {{strict}};
CREATE INDEX lists_cleared_version ON lists_cleared (version);

-- +goose Down
DROP TABLE lists_cleared;
DROP TABLE lists_entries;
DROP TABLE lists_version;
