-- +goose Up
-- Who is to be told that a restriction was lifted, and was.
CREATE TABLE account_notices (
    id         TEXT PRIMARY KEY,                -- UUIDv7; the booking system gets it as the key
    site       TEXT NOT NULL,
    account    TEXT NOT NULL,
    cause      TEXT NOT NULL,                   -- what lifted it: an undo, a review
    state      TEXT NOT NULL CHECK (state IN ('held', 'due', 'told', 'with_order', 'untold')),
    attempts   {{bigint}} NOT NULL,
    next_ms    {{bigint}} NOT NULL,             -- also the lease of a worker
    created_ms {{bigint}} NOT NULL,
    updated_ms {{bigint}} NOT NULL
) {{strict}};
CREATE UNIQUE INDEX account_notices_one ON account_notices (site, cause, account) WHERE state IN ('held', 'due');
CREATE INDEX account_notices_cause ON account_notices (site, cause, state);
CREATE INDEX account_notices_account ON account_notices (site, account);
CREATE INDEX account_notices_due ON account_notices (next_ms) WHERE state = 'due';

-- +goose Down
DROP TABLE account_notices;
