-- +goose Up
-- Who has a task of the queue open, so that two do not judge the same by chance.
CREATE TABLE case_claims (
    subject  TEXT PRIMARY KEY,                   -- id of a case or of a drawn account
    reviewer TEXT NOT NULL,
    until    {{bigint}} NOT NULL
) {{strict}};

-- +goose Down
DROP TABLE case_claims;
