-- +goose Up
CREATE TABLE hint_facts (
    site      TEXT NOT NULL,
    account   TEXT NOT NULL,
    kind      TEXT NOT NULL CHECK (kind IN ('asked', 'passed', 'failed', 'no_show', 'no_show_lifted', 'mismatch')),
    subject   TEXT NOT NULL,                   -- the order, or of challenges the ten minutes since 1970
    id        TEXT NOT NULL,                   -- of the report, or ''
    positions {{bigint}} NOT NULL,
    day_ms    {{bigint}} NOT NULL,             -- the visit day; of challenges the day they were of
    at_ms     {{bigint}} NOT NULL,
    PRIMARY KEY (site, account, kind, subject, id)
) {{strict}};
CREATE INDEX hint_facts_at ON hint_facts (at_ms);

-- What was said last of each account, and when it is to be weighed again.
CREATE TABLE hint_accounts (
    site     TEXT NOT NULL,
    account  TEXT NOT NULL,
    due_ms   {{bigint}} NOT NULL,              -- wall clock; 0: nothing is new
    said     TEXT NOT NULL,                    -- the standing of the last label; '': none
    turn     {{bigint}} NOT NULL,              -- how many labels were said
    noted    {{bigint}} NOT NULL,              -- how many facts were, so that none is missed
    noted_ms {{bigint}} NOT NULL,
    PRIMARY KEY (site, account)
) {{strict}};
CREATE INDEX hint_accounts_due ON hint_accounts (due_ms) WHERE due_ms > 0;
CREATE INDEX hint_accounts_noted ON hint_accounts (noted_ms);

-- +goose Down
DROP TABLE hint_accounts;
DROP TABLE hint_facts;
