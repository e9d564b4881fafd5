-- +goose Up
CREATE TABLE appeals (
    id         TEXT PRIMARY KEY,                -- UUIDv7
    site       TEXT NOT NULL,
    receipt    TEXT NOT NULL,
    entity     TEXT NOT NULL,                   -- who appeals, as proved
    key        TEXT NOT NULL,
    subnet     TEXT NOT NULL,
    bunch      TEXT NOT NULL,                   -- cluster or network that it is looked at with
    sorted     {{bigint}} NOT NULL,             -- 1: the bunch is final
    body       TEXT NOT NULL,
    language   TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('received', 'granted', 'declined')),
    received   {{bigint}} NOT NULL,
    due        {{bigint}} NOT NULL,
    escalated  {{bigint}} NOT NULL,             -- 0: not overdue yet
    decided    {{bigint}} NOT NULL,             -- 0: not decided
    decided_by TEXT NOT NULL,
    reason     TEXT NOT NULL                    -- operators' note, never the visitor's
) {{strict}};
-- One open appeal a subject.
CREATE UNIQUE INDEX appeals_one ON appeals (site, entity, key) WHERE state = 'received';
CREATE INDEX appeals_subject ON appeals (site, entity, key, id);
CREATE INDEX appeals_open ON appeals (site, state, due, id);
CREATE INDEX appeals_bunch ON appeals (site, bunch, state);
CREATE INDEX appeals_subnet ON appeals (site, subnet, state);

-- +goose Down
DROP TABLE appeals;
