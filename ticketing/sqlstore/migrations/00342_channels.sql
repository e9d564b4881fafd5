-- Who sells places. The two channels of visitors are always there. Others have
-- an account of their own that their orders belong to, and a key, of which a
-- keyed HMAC is kept (in hexadecimal, '' = none).
CREATE TABLE channels (
    id         TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    name_en    TEXT   NOT NULL,
    active     BIGINT NOT NULL CHECK (active IN (0, 1)),
    spill      BIGINT NOT NULL CHECK (spill IN (0, 1)),
    account_id TEXT   NOT NULL,
    key_hash   TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    version    BIGINT NOT NULL
) /* STRICT */;
INSERT INTO channels (id, kind, name, name_en, active, spill, account_id, key_hash, created_at, version) VALUES
    ('web', 'web', '网站', 'Website', 1, 1, '', '', 0, 1),
    ('miniprogram', 'miniprogram', '小程序', 'Mini-program', 1, 1, '', '', 0, 1);

-- Who changed what about a channel; append-only, as pool_changes is.
CREATE TABLE channel_changes (
    channel_id TEXT   NOT NULL REFERENCES channels (id),
    seq        BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    who        TEXT   NOT NULL,
    what       TEXT   NOT NULL,
    before     TEXT   NOT NULL,
    after      TEXT   NOT NULL,
    PRIMARY KEY (channel_id, seq)
) /* STRICT */;
/* SQLITE
CREATE TRIGGER channel_changes_update BEFORE UPDATE ON channel_changes BEGIN SELECT RAISE(ABORT, 'channel_changes is append-only'); END;
CREATE TRIGGER channel_changes_delete BEFORE DELETE ON channel_changes BEGIN SELECT RAISE(ABORT, 'channel_changes is append-only'); END;
SQLITE */
/* POSTGRES
CREATE FUNCTION channel_changes_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'channel_changes is append-only'; END $$;
CREATE TRIGGER channel_changes_kept BEFORE UPDATE OR DELETE ON channel_changes FOR EACH ROW EXECUTE FUNCTION channel_changes_kept();
POSTGRES */

-- What is kept for a channel of a day or slot ('' on a day without slots): of
-- the quantity so many are taken, and so many went back to general sale; the
-- rest is reserved, until the release.
CREATE TABLE allotments (
    pool_id     TEXT   NOT NULL,
    day         TEXT   NOT NULL,
    slot        TEXT   NOT NULL,
    channel_id  TEXT   NOT NULL REFERENCES channels (id),
    quantity    BIGINT NOT NULL CHECK (quantity >= 0),
    taken       BIGINT NOT NULL CHECK (taken >= 0),
    given_back  BIGINT NOT NULL CHECK (given_back >= 0),
    release_at  BIGINT NOT NULL,
    released_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, day, slot, channel_id),
    FOREIGN KEY (pool_id, day) REFERENCES pool_days (pool_id, day),
    CHECK (taken + given_back <= quantity),
    CHECK (released_at = 0 OR taken + given_back = quantity)
) /* STRICT */;
CREATE INDEX allotments_due ON allotments (release_at) WHERE released_at = 0 AND release_at > 0;

-- The sums of what is reserved. It is part of what is withheld, so that general
-- sale can never take it.
ALTER TABLE pool_days ADD COLUMN reserved BIGINT NOT NULL DEFAULT 0 CHECK (reserved >= 0 AND reserved <= withheld);
ALTER TABLE pool_slots ADD COLUMN reserved BIGINT NOT NULL DEFAULT 0 CHECK (reserved >= 0 AND reserved <= withheld);
ALTER TABLE pools ADD COLUMN allotted BIGINT NOT NULL DEFAULT 0 CHECK (allotted IN (0, 1));
ALTER TABLE orders ADD COLUMN channel TEXT NOT NULL DEFAULT 'web';
ALTER TABLE sessions ADD COLUMN channel TEXT NOT NULL DEFAULT 'web';
