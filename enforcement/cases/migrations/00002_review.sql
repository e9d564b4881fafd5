-- +goose Up
-- With which probability (parts in a billion) and in which week the account of a
-- label was drawn for the audit sample; 0: it was not.
ALTER TABLE labels ADD COLUMN inclusion {{bigint}} NOT NULL DEFAULT 0;
ALTER TABLE labels ADD COLUMN week {{bigint}} NOT NULL DEFAULT 0;

ALTER TABLE cases ADD COLUMN cluster TEXT NOT NULL DEFAULT '';     -- that the account was last seen in
ALTER TABLE cases ADD COLUMN version {{bigint}} NOT NULL DEFAULT 0; -- grows with every decision
CREATE INDEX cases_open ON cases (site, state, opened_at, id);

-- The accounts that a case concerns beside its own.
CREATE TABLE case_accounts (
    case_id TEXT NOT NULL REFERENCES cases (id),
    account TEXT NOT NULL,
    why     TEXT NOT NULL CHECK (why IN ('confirmed', 'linked', 'appealed')),
    at      {{bigint}} NOT NULL,
    PRIMARY KEY (case_id, account)
) {{strict}};
CREATE INDEX case_accounts_account ON case_accounts (account);

-- What was said about a case and did not decide it.
CREATE TABLE case_notes (
    id      TEXT PRIMARY KEY,                    -- UUIDv7
    case_id TEXT NOT NULL REFERENCES cases (id),
    at      {{bigint}} NOT NULL,
    author  TEXT NOT NULL,
    body    TEXT NOT NULL
) {{strict}};
CREATE INDEX case_notes_case ON case_notes (case_id, id);

-- Accounts that were drawn to be judged, once a week at most.
CREATE TABLE audit_sample (
    id          TEXT PRIMARY KEY,                -- UUIDv7
    site        TEXT NOT NULL,
    account     TEXT NOT NULL,
    week        {{bigint}} NOT NULL,             -- its Monday
    stratum     TEXT NOT NULL,
    probability {{bigint}} NOT NULL,             -- parts in a billion
    twice       {{bigint}} NOT NULL,             -- 1: two people judge
    event_id    TEXT NOT NULL,                   -- the decision at which it was drawn
    visit_day   {{bigint}} NOT NULL,
    drawn_at    {{bigint}} NOT NULL,             -- event time
    state       TEXT NOT NULL CHECK (state IN ('open', 'once', 'done')),
    UNIQUE (site, account, week)
) {{strict}};
CREATE INDEX audit_sample_state ON audit_sample (site, state, drawn_at, id);
CREATE INDEX audit_sample_stratum ON audit_sample (site, week, stratum);

-- First opinions, given before verdict, score and rules were shown.
CREATE TABLE opinions (
    subject  TEXT NOT NULL,                      -- id of a case or of a drawn account
    reviewer TEXT NOT NULL,
    value    TEXT NOT NULL CHECK (value IN ('human', 'scalper', 'unknown')),
    note     TEXT NOT NULL,
    at       {{bigint}} NOT NULL,
    PRIMARY KEY (subject, reviewer)
) {{strict}};

-- Bulk decisions that were shown before they are made.
CREATE TABLE case_previews (
    token    TEXT PRIMARY KEY,                   -- SHA-256 of it, hex
    actor    TEXT NOT NULL,
    body     TEXT NOT NULL,                      -- JSON
    at       {{bigint}} NOT NULL,
    used     {{bigint}} NOT NULL
) {{strict}};

-- Confirmed accounts whose neighbours are to be looked at.
CREATE TABLE case_raises (
    site    TEXT NOT NULL,
    account TEXT NOT NULL,
    at      {{bigint}} NOT NULL,
    actor   TEXT NOT NULL,
    done    {{bigint}} NOT NULL,
    PRIMARY KEY (site, account)
) {{strict}};
CREATE INDEX case_raises_due ON case_raises (done, at);

-- +goose Down
DROP TABLE case_raises;
DROP TABLE case_previews;
DROP TABLE opinions;
DROP TABLE audit_sample;
DROP TABLE case_notes;
DROP TABLE case_accounts;
DROP INDEX cases_open;
ALTER TABLE cases DROP COLUMN version;
ALTER TABLE cases DROP COLUMN cluster;
ALTER TABLE labels DROP COLUMN week;
ALTER TABLE labels DROP COLUMN inclusion;
