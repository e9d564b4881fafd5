-- Stepped release. What is withheld of the remaining places cannot be booked:
-- stages that have not fired or are paused, returned places on their way to a
-- later stage, and what no stage releases. A day without stages withholds none.
ALTER TABLE pool_days ADD COLUMN staged BIGINT NOT NULL DEFAULT 0 CHECK (staged IN (0, 1));
ALTER TABLE pool_days ADD COLUMN withheld BIGINT NOT NULL DEFAULT 0 CHECK (withheld >= 0 AND withheld <= remaining);
ALTER TABLE pool_slots ADD COLUMN withheld BIGINT NOT NULL DEFAULT 0 CHECK (withheld >= 0 AND withheld <= remaining);
ALTER TABLE positions ADD COLUMN stage BIGINT NOT NULL DEFAULT 0;

CREATE TABLE release_stages (
    pool_id      TEXT   NOT NULL,
    day          TEXT   NOT NULL,
    stage        BIGINT NOT NULL CHECK (stage > 0),
    release_at   BIGINT NOT NULL,
    quantity     BIGINT NOT NULL CHECK (quantity >= 0),
    percent      BIGINT NOT NULL CHECK (percent BETWEEN 0 AND 100),
    returns_to   BIGINT NOT NULL,
    max_delay_ms BIGINT NOT NULL CHECK (max_delay_ms >= 0),
    paused       BIGINT NOT NULL CHECK (paused IN (0, 1)),
    fired_at     BIGINT NOT NULL,
    PRIMARY KEY (pool_id, day, stage),
    FOREIGN KEY (pool_id, day) REFERENCES pool_days (pool_id, day)
) /* STRICT */;
CREATE INDEX release_stages_due ON release_stages (release_at) WHERE fired_at = 0;

-- Of each stage and slot ('' on a day without slots): still to be released,
-- released so far, taken of these, and on their way back to the stage.
CREATE TABLE release_parts (
    pool_id   TEXT   NOT NULL,
    day       TEXT   NOT NULL,
    stage     BIGINT NOT NULL,
    slot      TEXT   NOT NULL,
    planned   BIGINT NOT NULL CHECK (planned >= 0),
    released  BIGINT NOT NULL CHECK (released >= 0),
    taken     BIGINT NOT NULL CHECK (taken >= 0 AND taken <= released),
    inbound   BIGINT NOT NULL CHECK (inbound >= 0),
    PRIMARY KEY (pool_id, day, stage, slot)
) /* STRICT */;

-- A place waits for its stage to fire (due_at = 0), then for its delay.
CREATE TABLE release_returns (
    id       TEXT   NOT NULL PRIMARY KEY,
    pool_id  TEXT   NOT NULL,
    day      TEXT   NOT NULL,
    slot     TEXT   NOT NULL,
    stage    BIGINT NOT NULL,
    delay_ms BIGINT NOT NULL CHECK (delay_ms >= 0),
    due_at   BIGINT NOT NULL
) /* STRICT */;
CREATE INDEX release_returns_due ON release_returns (due_at) WHERE due_at > 0;
