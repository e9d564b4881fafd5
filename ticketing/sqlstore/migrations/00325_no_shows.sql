-- A no-show that was wrongly recorded is taken back by somebody, and counts no
-- more.
ALTER TABLE no_shows ADD COLUMN taken_back_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE no_shows ADD COLUMN taken_back_by TEXT NOT NULL DEFAULT '';
ALTER TABLE no_shows ADD COLUMN taken_back_why TEXT NOT NULL DEFAULT '';
CREATE INDEX no_shows_day ON no_shows (day) WHERE taken_back_at = 0;

-- Pool days whose no-shows have been judged, once each.
CREATE TABLE no_show_days (
    pool_id   TEXT   NOT NULL REFERENCES pools (id),
    day       TEXT   NOT NULL,
    outcome   TEXT   NOT NULL,
    expected  BIGINT NOT NULL,
    missed    BIGINT NOT NULL,
    judged_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, day)
) /* STRICT */;
