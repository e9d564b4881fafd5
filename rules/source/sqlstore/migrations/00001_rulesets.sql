-- +goose Up
-- What is in force of each ruleset. Every change to it raises the revision,
-- which is all that the fleet looks at twice a second.
CREATE TABLE rulesets_state (
    ruleset  TEXT PRIMARY KEY,
    number   {{bigint}} NOT NULL,            -- of the version, 0: the shipped document
    revision {{bigint}} NOT NULL,
    file     TEXT NOT NULL                   -- hash of the shipped document at the last publication
) {{strict}};

CREATE TABLE rulesets_versions (
    ruleset     TEXT NOT NULL,
    number      {{bigint}} NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('draft', 'proposed', 'approved', 'published', 'superseded', 'rejected')),
    hash        TEXT NOT NULL,
    program     TEXT NOT NULL,               -- '': the text does not compile
    base        TEXT NOT NULL,
    author      TEXT NOT NULL,
    editors     TEXT NOT NULL,               -- JSON
    reason      TEXT NOT NULL,
    text        TEXT NOT NULL,
    created_at  {{bigint}} NOT NULL,
    changed_at  {{bigint}} NOT NULL,
    approval    TEXT NOT NULL,               -- JSON or null
    publication TEXT NOT NULL,               -- JSON or null
    rejection   TEXT NOT NULL,               -- JSON or null
    PRIMARY KEY (ruleset, number)
) {{strict}};

CREATE TABLE rulesets_steps (
    ruleset TEXT NOT NULL,
    rule    TEXT NOT NULL,
    number  {{bigint}} NOT NULL,
    step    TEXT NOT NULL,                   -- JSON
    PRIMARY KEY (ruleset, rule, number)
) {{strict}};

-- Which version a program was that verdicts name.
CREATE TABLE rulesets_programs (
    ruleset TEXT NOT NULL,
    program TEXT NOT NULL,
    number  {{bigint}} NOT NULL,
    PRIMARY KEY (ruleset, program)
) {{strict}};

CREATE TABLE rulesets_tightenings (
    id         TEXT PRIMARY KEY,             -- UUIDv7
    ruleset    TEXT NOT NULL,
    rule       TEXT NOT NULL,
    actor      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    begun_at   {{bigint}} NOT NULL,
    ends_at    {{bigint}} NOT NULL,
    ended_at   {{bigint}} NOT NULL,          -- 0: not recorded as over
    ended_by   TEXT NOT NULL,
    end_reason TEXT NOT NULL
) {{strict}};
CREATE INDEX rulesets_tightenings_begun ON rulesets_tightenings (ruleset, begun_at);

-- +goose Down
DROP TABLE rulesets_tightenings;
DROP TABLE rulesets_programs;
DROP TABLE rulesets_steps;
DROP TABLE rulesets_versions;
DROP TABLE rulesets_state;
