-- Check-in: terminals and the gates they stand at, every scan, and what the
-- scans come to.

-- Of a terminal's key only the public halves are here, of its session only the
-- SHA-256 of the token.
CREATE TABLE terminals (
    id                 TEXT   NOT NULL PRIMARY KEY,
    name               TEXT   NOT NULL,
    kind               TEXT   NOT NULL,
    gate               TEXT   NOT NULL,
    pools              TEXT   NOT NULL,
    sign_public        BYTEA  NOT NULL,
    seal_public        BYTEA  NOT NULL,
    created_at         BIGINT NOT NULL,
    revoked_at         BIGINT NOT NULL,
    session_hash       BYTEA  NOT NULL,
    session_expires_at BIGINT NOT NULL,
    signed_in_at       BIGINT NOT NULL,
    seen_at            BIGINT NOT NULL,
    skew_ms            BIGINT NOT NULL,
    app_version        TEXT   NOT NULL
) /* STRICT */;
CREATE UNIQUE INDEX terminals_name ON terminals (name) WHERE revoked_at = 0;

-- Every nonce that a terminal ever signed in with: a copied request is worth
-- nothing, whatever the terminal's clock says.
CREATE TABLE terminal_sign_ins (
    terminal_id TEXT   NOT NULL REFERENCES terminals (id),
    nonce       TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (terminal_id, nonce)
) /* STRICT */;

-- Which version of the application terminals of a kind should run.
CREATE TABLE terminal_apps (
    kind      TEXT   NOT NULL PRIMARY KEY,
    minimum   TEXT   NOT NULL,
    latest    TEXT   NOT NULL,
    notice_zh TEXT   NOT NULL,
    notice_en TEXT   NOT NULL,
    url       TEXT   NOT NULL,
    set_at    BIGINT NOT NULL
) /* STRICT */;

-- Who changed what about terminals, like pool_changes.
CREATE TABLE terminal_changes (
    seq        BIGINT NOT NULL PRIMARY KEY,
    subject    TEXT   NOT NULL,
    changed_at BIGINT NOT NULL,
    who        TEXT   NOT NULL,
    what       TEXT   NOT NULL,
    before     TEXT   NOT NULL,
    after      TEXT   NOT NULL
) /* STRICT */;

-- One row for each scan (part 0) and, where a scan let several in, for each of
-- the others. No code and no document is kept.
CREATE TABLE checkin_scans (
    seq         BIGINT NOT NULL PRIMARY KEY,
    scan_key    TEXT   NOT NULL,
    part        BIGINT NOT NULL CHECK (part >= 0),
    fingerprint BYTEA  NOT NULL,
    terminal_id TEXT   NOT NULL REFERENCES terminals (id),
    gate        TEXT   NOT NULL,
    pool_id     TEXT   NOT NULL,
    position_id TEXT   NOT NULL,
    order_id    TEXT   NOT NULL,
    direction   TEXT   NOT NULL,
    accepted    BIGINT NOT NULL CHECK (accepted IN (0, 1)),
    reason      TEXT   NOT NULL,
    conflict    TEXT   NOT NULL,
    offline     BIGINT NOT NULL CHECK (offline IN (0, 1)),
    scanned_at  BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    skew_ms     BIGINT NOT NULL,
    prior_at    BIGINT NOT NULL,
    prior_gate  TEXT   NOT NULL,
    prior_name  TEXT   NOT NULL
) /* STRICT */;
CREATE UNIQUE INDEX checkin_scans_key ON checkin_scans (scan_key, part);
CREATE INDEX checkin_scans_conflicts ON checkin_scans (seq) WHERE conflict <> '';

/* SQLITE
CREATE TRIGGER checkin_scans_update BEFORE UPDATE ON checkin_scans BEGIN SELECT RAISE(ABORT, 'checkin_scans is append-only'); END;
CREATE TRIGGER checkin_scans_delete BEFORE DELETE ON checkin_scans BEGIN SELECT RAISE(ABORT, 'checkin_scans is append-only'); END;
CREATE TRIGGER terminal_changes_update BEFORE UPDATE ON terminal_changes BEGIN SELECT RAISE(ABORT, 'terminal_changes is append-only'); END;
CREATE TRIGGER terminal_changes_delete BEFORE DELETE ON terminal_changes BEGIN SELECT RAISE(ABORT, 'terminal_changes is append-only'); END;
SQLITE */
/* POSTGRES
CREATE FUNCTION checkin_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER checkin_scans_kept BEFORE UPDATE OR DELETE ON checkin_scans FOR EACH ROW EXECUTE FUNCTION checkin_kept();
CREATE TRIGGER terminal_changes_kept BEFORE UPDATE OR DELETE ON terminal_changes FOR EACH ROW EXECUTE FUNCTION checkin_kept();
POSTGRES */

-- What the accepted scans of a position come to.
CREATE TABLE checkin_states (
    position_id      TEXT   NOT NULL PRIMARY KEY,
    order_id         TEXT   NOT NULL,
    first_at         BIGINT NOT NULL,
    entries          BIGINT NOT NULL CHECK (entries > 0),
    inside           BIGINT NOT NULL CHECK (inside IN (0, 1)),
    last_at          BIGINT NOT NULL,
    last_gate        TEXT   NOT NULL,
    last_terminal_id TEXT   NOT NULL
) /* STRICT */;
CREATE INDEX checkin_states_order ON checkin_states (order_id);

-- Kept up by every scan, so that counting is reading a few rows.
CREATE TABLE checkin_counts (
    day         TEXT   NOT NULL,
    terminal_id TEXT   NOT NULL,
    gate        TEXT   NOT NULL,
    pool_id     TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    entries     BIGINT NOT NULL,
    exits       BIGINT NOT NULL,
    people      BIGINT NOT NULL,
    inside      BIGINT NOT NULL,
    refused     BIGINT NOT NULL,
    conflicts   BIGINT NOT NULL,
    last_at     BIGINT NOT NULL,
    PRIMARY KEY (day, terminal_id, gate, pool_id, reason)
) /* STRICT */;
