-- +goose Up
-- What is known about an account from outside of its own doing.
CREATE TABLE budget_evidence (
    site     TEXT NOT NULL,
    account  TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('checked_in', 'cleared', 'human', 'scalper')),
    since_ms {{bigint}} NOT NULL,               -- the latest
    PRIMARY KEY (site, account, kind)
) {{strict}};
CREATE INDEX budget_evidence_since ON budget_evidence (since_ms);

-- How long and how well an account has been known.
CREATE TABLE budget_history (
    site            TEXT NOT NULL,
    account         TEXT NOT NULL,
    first_ms        {{bigint}} NOT NULL,
    last_day        {{bigint}} NOT NULL,        -- days since 1970, UTC
    days            {{bigint}} NOT NULL,        -- on which it was seen
    flagged_ms      {{bigint}} NOT NULL,        -- the last flag or block; 0: none
    flagged_prev_ms {{bigint}} NOT NULL,        -- the last before the hour of flagged_ms
    unmet_ms        {{bigint}} NOT NULL,        -- a challenge that was not met; 0: none
    PRIMARY KEY (site, account)
) {{strict}};
CREATE INDEX budget_history_day ON budget_history (last_day);

-- The people of an hour.
CREATE TABLE budget_active (
    site    TEXT NOT NULL,
    hour    {{bigint}} NOT NULL,                -- hours since 1970, of event time
    person  TEXT NOT NULL,                      -- "c:" and the cluster, or "a:" and the account
    account TEXT NOT NULL,
    PRIMARY KEY (site, hour, person)
) {{strict}};
CREATE INDEX budget_active_hour ON budget_active (hour);
CREATE INDEX budget_active_account ON budget_active (site, account);

-- The people of an hour that a rule blocked.
CREATE TABLE budget_spent (
    site     TEXT NOT NULL,
    rule     TEXT NOT NULL,
    content  TEXT NOT NULL,                     -- of the rule, or ''
    hour     {{bigint}} NOT NULL,
    person   TEXT NOT NULL,
    account  TEXT NOT NULL,
    event_id TEXT NOT NULL,
    ruleset  TEXT NOT NULL,
    noted_ms {{bigint}} NOT NULL,               -- wall clock
    PRIMARY KEY (site, rule, content, hour, person)
) {{strict}};
CREATE UNIQUE INDEX budget_spent_account ON budget_spent (site, rule, content, hour, account);
CREATE INDEX budget_spent_hour ON budget_spent (hour);
CREATE INDEX budget_spent_erase ON budget_spent (site, account);

-- The rules that are turned down, and were.
CREATE TABLE budget_down (
    id          TEXT PRIMARY KEY,               -- UUIDv7
    site        TEXT NOT NULL,
    rule        TEXT NOT NULL,
    content     TEXT NOT NULL,
    owner       TEXT NOT NULL,
    ruleset     TEXT NOT NULL,
    since_ms    {{bigint}} NOT NULL,            -- wall clock
    hour        {{bigint}} NOT NULL,
    used        {{bigint}} NOT NULL,
    allowed     {{bigint}} NOT NULL,
    active      {{bigint}} NOT NULL,
    lifted_ms   {{bigint}} NOT NULL,            -- 0: not lifted
    lifted_by   TEXT NOT NULL,
    lift_reason TEXT NOT NULL
) {{strict}};
CREATE UNIQUE INDEX budget_down_one ON budget_down (site, rule, content) WHERE lifted_ms = 0;

-- The rules in use, as the enforcers know them.
CREATE TABLE budget_rules (
    site    TEXT NOT NULL,
    rule    TEXT NOT NULL,
    content TEXT NOT NULL,
    owner   TEXT NOT NULL,
    blocks  {{bigint}} NOT NULL,                -- 1: live or canary, and its action is block
    PRIMARY KEY (site, rule)
) {{strict}};

-- +goose Down
DROP TABLE budget_rules;
DROP TABLE budget_down;
DROP TABLE budget_spent;
DROP TABLE budget_active;
DROP TABLE budget_history;
DROP TABLE budget_evidence;
