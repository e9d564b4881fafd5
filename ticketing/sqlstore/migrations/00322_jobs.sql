-- Jobs that run by the hour or the day. Whoever claims one has it until
-- claimed_until, so that a fleet runs it once and a crash does not end it.
CREATE TABLE jobs (
    name          TEXT   NOT NULL PRIMARY KEY,
    last_started  BIGINT NOT NULL,
    last_finished BIGINT NOT NULL,
    last_error    TEXT   NOT NULL,
    next_due      BIGINT NOT NULL,
    claimed_until BIGINT NOT NULL,
    claimed_by    TEXT   NOT NULL,
    progress      TEXT   NOT NULL,
    report        TEXT   NOT NULL
) /* STRICT */;
