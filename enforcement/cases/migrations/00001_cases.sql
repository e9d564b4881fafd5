-- +goose Up
CREATE TABLE cases (
    id         TEXT PRIMARY KEY,                -- UUIDv7
    site       TEXT NOT NULL,
    entity     TEXT NOT NULL,
    key        TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'watch', 'confirmed', 'cleared')),
    severity   TEXT NOT NULL,                   -- the most severe action of a hit
    rules      TEXT NOT NULL,                   -- JSON: rule -> number of findings
    findings   {{bigint}} NOT NULL,
    score      {{bigint}} NOT NULL,             -- the highest, in hundredths
    opened_at  {{bigint}} NOT NULL,             -- event time of the first finding
    updated_at {{bigint}} NOT NULL,             -- event time of the latest
    decided_at {{bigint}} NOT NULL,             -- 0: not decided
    decided_by TEXT NOT NULL,
    reason     TEXT NOT NULL
) {{strict}};
-- One case a subject, until it is cleared.
CREATE UNIQUE INDEX cases_one ON cases (site, entity, key) WHERE state <> 'cleared';
CREATE INDEX cases_subject ON cases (entity, key);

CREATE TABLE case_evidence (
    case_id  TEXT NOT NULL REFERENCES cases (id),
    event_id TEXT NOT NULL,
    stage    TEXT NOT NULL,
    at       {{bigint}} NOT NULL,
    body     TEXT NOT NULL,                     -- JSON of Evidence
    PRIMARY KEY (case_id, event_id, stage)
) {{strict}};

-- Which findings were recorded, also those whose evidence was dropped.
CREATE TABLE case_seen (
    event_id TEXT NOT NULL,
    stage    TEXT NOT NULL,
    at       {{bigint}} NOT NULL,
    PRIMARY KEY (event_id, stage)
) {{strict}};
CREATE INDEX case_seen_at ON case_seen (at);

CREATE TABLE labels (
    id        TEXT PRIMARY KEY,
    at        {{bigint}} NOT NULL,
    site      TEXT NOT NULL,
    account   TEXT NOT NULL,
    value     TEXT NOT NULL CHECK (value IN ('human', 'scalper', 'unknown')),
    source    TEXT NOT NULL,
    actor     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    operator  TEXT NOT NULL,
    visit_day {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX labels_account ON labels (account, id);

-- +goose Down
DROP TABLE labels;
DROP TABLE case_seen;
DROP TABLE case_evidence;
DROP TABLE cases;
