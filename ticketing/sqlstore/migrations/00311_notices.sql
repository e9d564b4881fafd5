-- Announcements as they stand; when each is shown follows from from_at and
-- until_at (0 = never) and the clock. Edits is an announcement's share in the
-- versions beside the moments that have come.
CREATE TABLE announcements (
    id         TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL,
    pool_id    TEXT   NOT NULL,
    dates      TEXT   NOT NULL,
    title_zh   TEXT   NOT NULL,
    title_en   TEXT   NOT NULL,
    body_zh    TEXT   NOT NULL,
    body_en    TEXT   NOT NULL,
    pinned     BIGINT NOT NULL CHECK (pinned IN (0, 1)),
    priority   BIGINT NOT NULL,
    from_at    BIGINT NOT NULL,
    until_at   BIGINT NOT NULL,
    edits      BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT   NOT NULL
) /* STRICT */;
CREATE INDEX announcements_shown ON announcements (from_at) WHERE from_at > 0;

-- Every version there was. Nothing here is ever changed or taken away, which
-- each engine holds in its own way.
CREATE TABLE announcement_revisions (
    announcement_id TEXT   NOT NULL REFERENCES announcements (id),
    version         BIGINT NOT NULL,
    made_at         BIGINT NOT NULL,
    who             TEXT   NOT NULL,
    what            TEXT   NOT NULL,
    content         TEXT   NOT NULL,
    PRIMARY KEY (announcement_id, version)
) /* STRICT */;

-- The venue's page: the last version is the one in force.
CREATE TABLE venue_revisions (
    version BIGINT NOT NULL PRIMARY KEY,
    made_at BIGINT NOT NULL,
    who     TEXT   NOT NULL,
    what    TEXT   NOT NULL,
    content TEXT   NOT NULL
) /* STRICT */;
/* SQLITE
CREATE TRIGGER announcement_revisions_update BEFORE UPDATE ON announcement_revisions BEGIN SELECT RAISE(ABORT, 'announcement_revisions is append-only'); END;
CREATE TRIGGER announcement_revisions_delete BEFORE DELETE ON announcement_revisions BEGIN SELECT RAISE(ABORT, 'announcement_revisions is append-only'); END;
CREATE TRIGGER venue_revisions_update BEFORE UPDATE ON venue_revisions BEGIN SELECT RAISE(ABORT, 'venue_revisions is append-only'); END;
CREATE TRIGGER venue_revisions_delete BEFORE DELETE ON venue_revisions BEGIN SELECT RAISE(ABORT, 'venue_revisions is append-only'); END;
SQLITE */
/* POSTGRES
CREATE FUNCTION notice_revisions_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER announcement_revisions_kept BEFORE UPDATE OR DELETE ON announcement_revisions FOR EACH ROW EXECUTE FUNCTION notice_revisions_kept();
CREATE TRIGGER venue_revisions_kept BEFORE UPDATE OR DELETE ON venue_revisions FOR EACH ROW EXECUTE FUNCTION notice_revisions_kept();
POSTGRES */

-- Which version of the booking rules an order was made under; 0 = there were none.
ALTER TABLE orders ADD COLUMN rules_version BIGINT NOT NULL DEFAULT 0;
