-- +goose Up
-- Rules whose matches up to some time were undone: none of them may deny again.
CREATE TABLE lists_undone (
    site    TEXT NOT NULL,
    rule    TEXT NOT NULL,
    ruleset TEXT NOT NULL,                      -- '': every version
    from_ms {{bigint}} NOT NULL,                -- event time
    to_ms   {{bigint}} NOT NULL,
    actor   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (rule, ruleset, site, from_ms, to_ms)
) {{strict}};
CREATE INDEX lists_entries_rule ON lists_entries (rule, ruleset, id) WHERE kind = 'deny' AND source = 'rule';

-- +goose Down
DROP INDEX lists_entries_rule;
DROP TABLE lists_undone;
