-- +goose Up
-- The earlier blocks of a target by a rule, which escalation counts.
CREATE INDEX lists_entries_history ON lists_entries (entity, key, rule, since) WHERE kind = 'deny' AND source = 'rule';

-- +goose Down
DROP INDEX lists_entries_history;
