-- Slots of a day. A day without rows here is one implicit slot. Where there are
-- rows, the day's capacity and remaining are their sums, kept with them.
ALTER TABLE pool_days ADD COLUMN slots BIGINT NOT NULL DEFAULT 0 CHECK (slots >= 0);

CREATE TABLE pool_slots (
    pool_id   TEXT   NOT NULL,
    day       TEXT   NOT NULL,
    starts    TEXT   NOT NULL,
    ends      TEXT   NOT NULL,
    capacity  BIGINT NOT NULL CHECK (capacity >= 0),
    remaining BIGINT NOT NULL CHECK (remaining >= 0 AND remaining <= capacity),
    version   BIGINT NOT NULL,
    PRIMARY KEY (pool_id, day, starts),
    FOREIGN KEY (pool_id, day) REFERENCES pool_days (pool_id, day)
) /* STRICT */;

ALTER TABLE orders ADD COLUMN slot TEXT NOT NULL DEFAULT '';
