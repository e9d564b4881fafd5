-- +goose Up
CREATE INDEX lists_entries_debit ON lists_entries (rule, since) WHERE kind = 'deny' AND source = 'rule';

-- +goose Down
DROP INDEX lists_entries_debit;
