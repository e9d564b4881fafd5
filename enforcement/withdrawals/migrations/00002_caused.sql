-- +goose Up
CREATE INDEX sweeps_rule ON sweeps (site, rule, ruleset);

-- +goose Down
DROP INDEX sweeps_rule;
