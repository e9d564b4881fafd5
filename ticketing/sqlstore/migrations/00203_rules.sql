-- Who changed what about a pool. Nothing here is ever changed or taken away,
-- which each engine holds in its own way.
CREATE TABLE pool_changes (
    pool_id    TEXT   NOT NULL REFERENCES pools (id),
    seq        BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    who        TEXT   NOT NULL,
    what       TEXT   NOT NULL,
    before     TEXT   NOT NULL,
    after      TEXT   NOT NULL,
    PRIMARY KEY (pool_id, seq)
) /* STRICT */;
/* SQLITE
CREATE TRIGGER pool_changes_update BEFORE UPDATE ON pool_changes BEGIN SELECT RAISE(ABORT, 'pool_changes is append-only'); END;
CREATE TRIGGER pool_changes_delete BEFORE DELETE ON pool_changes BEGIN SELECT RAISE(ABORT, 'pool_changes is append-only'); END;
SQLITE */
/* POSTGRES
CREATE FUNCTION pool_changes_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'pool_changes is append-only'; END $$;
CREATE TRIGGER pool_changes_kept BEFORE UPDATE OR DELETE ON pool_changes FOR EACH ROW EXECUTE FUNCTION pool_changes_kept();
POSTGRES */

CREATE TABLE no_shows (
    position_id  TEXT   NOT NULL PRIMARY KEY,
    order_id     TEXT   NOT NULL REFERENCES orders (id),
    pool_id      TEXT   NOT NULL,
    day          TEXT   NOT NULL,
    document_key BYTEA  NOT NULL,
    recorded_at  BIGINT NOT NULL
) /* STRICT */;
CREATE INDEX no_shows_document ON no_shows (pool_id, document_key, recorded_at);
