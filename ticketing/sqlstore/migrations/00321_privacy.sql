-- Phones of visitors and leaders are found by keyed HMAC, too. NULL: no phone
-- was given, or it was written before it could be looked up.
ALTER TABLE positions ADD COLUMN phone_key BYTEA;
CREATE INDEX positions_phone ON positions (phone_key) WHERE phone_key IS NOT NULL;
CREATE INDEX positions_document ON positions (document_key);
ALTER TABLE order_leaders ADD COLUMN phone_key BYTEA;
CREATE INDEX order_leaders_phone ON order_leaders (phone_key) WHERE phone_key IS NOT NULL;

-- What was erased and when, without the data. Nothing here is ever changed or
-- taken away.
CREATE TABLE erasures (
    seq       BIGINT NOT NULL PRIMARY KEY,
    erased_at BIGINT NOT NULL,
    kind      TEXT   NOT NULL,
    who       TEXT   NOT NULL,
    subject   TEXT   NOT NULL,
    reason    TEXT   NOT NULL,
    before_at BIGINT NOT NULL,
    erased    BIGINT NOT NULL
) /* STRICT */;
CREATE INDEX erasures_kind ON erasures (kind, before_at);

-- Who saw personal data in full, and why. An entry goes only once an erasure
-- says that entries so old are gone.
CREATE TABLE reveals (
    seq         BIGINT NOT NULL PRIMARY KEY,
    revealed_at BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    who         TEXT   NOT NULL,
    role        TEXT   NOT NULL,
    order_id    TEXT   NOT NULL,
    positions   TEXT   NOT NULL,
    fields      TEXT   NOT NULL,
    persons     BIGINT NOT NULL,
    reason      TEXT   NOT NULL,
    request_id  TEXT   NOT NULL
) /* STRICT */;
CREATE INDEX reveals_who ON reveals (who, revealed_at);
/* SQLITE
CREATE TRIGGER erasures_update BEFORE UPDATE ON erasures BEGIN SELECT RAISE(ABORT, 'erasures is append-only'); END;
CREATE TRIGGER erasures_delete BEFORE DELETE ON erasures BEGIN SELECT RAISE(ABORT, 'erasures is append-only'); END;
CREATE TRIGGER reveals_update BEFORE UPDATE ON reveals BEGIN SELECT RAISE(ABORT, 'reveals is append-only'); END;
CREATE TRIGGER reveals_delete BEFORE DELETE ON reveals
    WHEN NOT EXISTS (SELECT 1 FROM erasures e WHERE e.kind = 'reveals' AND e.before_at > OLD.revealed_at)
    BEGIN SELECT RAISE(ABORT, 'reveals is append-only'); END;
SQLITE */
/* POSTGRES
CREATE FUNCTION erasures_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'erasures is append-only'; END $$;
CREATE TRIGGER erasures_kept BEFORE UPDATE OR DELETE ON erasures FOR EACH ROW EXECUTE FUNCTION erasures_kept();
CREATE FUNCTION reveals_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM erasures e WHERE e.kind = 'reveals' AND e.before_at > OLD.revealed_at) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'reveals is append-only';
END $$;
CREATE TRIGGER reveals_kept BEFORE UPDATE OR DELETE ON reveals FOR EACH ROW EXECUTE FUNCTION reveals_kept();
POSTGRES */
