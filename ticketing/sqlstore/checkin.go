package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
)

// CheckInStore implements checkin.Store on the database of the orders; its
// updates take turns with theirs.
type CheckInStore struct{ store *Store }

var (
	_ checkin.Store  = (*CheckInStore)(nil)
	_ checkin.Reader = checkInReader{}
	_ checkin.Tx     = checkInTx{}
)

// CheckIn is the part of the store that check-in keeps what it knows in.
func (s *Store) CheckIn() *CheckInStore { return &CheckInStore{s} }

// Update implements checkin.Store: fn joins the writer's next transaction.
func (s *CheckInStore) Update(ctx context.Context, fn func(context.Context, checkin.Tx) error) error {
	return s.store.writer.do(ctx, func(ctx context.Context, t *tx) error {
		return fn(ctx, checkInTx{checkInReader: checkInReader{reader{q: t.db}}, tx: t})
	})
}

// View implements checkin.Store. Each method of the Reader is one statement and
// sees one moment; two of them may see two.
func (s *CheckInStore) View(ctx context.Context, fn func(context.Context, checkin.Reader) error) error {
	return fn(ctx, checkInReader{reader{q: s.store.reader}})
}

// checkInReader implements checkin.Reader on a database or a transaction.
type checkInReader struct{ r reader }

// checkInTx implements checkin.Tx for one job of a grouped transaction.
type checkInTx struct {
	checkInReader

	tx *tx
}

func (t checkInTx) Append(ctx context.Context, e ticketing.Event) error { return t.tx.Append(ctx, e) }

const terminalColumns = `SELECT id, name, kind, gate, pools, sign_public, seal_public, created_at, revoked_at,
	session_hash, session_expires_at, signed_in_at, seen_at, skew_ms, app_version FROM terminals`

func (c checkInReader) Terminals(ctx context.Context, ids []string) ([]checkin.Terminal, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	wanted, args := in(nil, ids)
	return c.terminals(ctx, terminalColumns+` WHERE id IN `+wanted, args...)
}

func (c checkInReader) AllTerminals(ctx context.Context) ([]checkin.Terminal, error) {
	all, err := c.terminals(ctx, terminalColumns)
	// Sorted here, because the engines collate text differently.
	slices.SortFunc(all, func(a, b checkin.Terminal) int {
		if by := strings.Compare(a.Name, b.Name); by != 0 {
			return by
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all, err
}

func (c checkInReader) terminals(ctx context.Context, query string, args ...any) ([]checkin.Terminal, error) {
	var all []checkin.Terminal
	err := c.r.each(ctx, "read terminals", func(rows *sql.Rows) error {
		var (
			t                                               checkin.Terminal
			pools                                           string
			created, revoked, expires, signed, seen, skewed int64
		)
		err := rows.Scan(&t.ID, &t.Name, &t.Kind, &t.Gate, &pools, &t.SignPublic, &t.SealPublic, &created, &revoked,
			&t.SessionHash, &expires, &signed, &seen, &skewed, &t.AppVersion)
		if err != nil {
			return err
		}
		t.CreatedAt, t.RevokedAt, t.SessionExpiresAt = moment(created), moment(revoked), moment(expires)
		t.SignedInAt, t.SeenAt, t.Skew = moment(signed), moment(seen), time.Duration(skewed)*time.Millisecond
		if len(t.SessionHash) == 0 {
			t.SessionHash = nil // the engines disagree on empty values
		}
		if err := json.Unmarshal([]byte(pools), &t.Pools); err != nil {
			return fmt.Errorf("pools of terminal %q: %w", t.ID, err)
		}
		all = append(all, t)
		return nil
	}, query, args...)
	return all, err
}

func (t checkInTx) InsertTerminal(ctx context.Context, d checkin.Terminal) error {
	pools, err := json.Marshal(d.Pools)
	if err != nil {
		return fmt.Errorf("insert terminal: %w", err)
	}
	n, err := t.tx.exec(ctx, "insert terminal", `INSERT INTO terminals (id, name, kind, gate, pools, sign_public, seal_public, created_at, revoked_at,
		session_hash, session_expires_at, signed_in_at, seen_at, skew_ms, app_version) VALUES `+placeholders(1, 15)+` ON CONFLICT DO NOTHING`,
		d.ID, d.Name, d.Kind, d.Gate, string(pools), d.SignPublic, d.SealPublic, millis(d.CreatedAt), millis(d.RevokedAt),
		notNil(d.SessionHash), millis(d.SessionExpiresAt), millis(d.SignedInAt), millis(d.SeenAt), d.Skew.Milliseconds(), d.AppVersion)
	if err == nil && n == 0 {
		return checkin.ErrNameTaken
	}
	return err
}

func (t checkInTx) UpdateTerminal(ctx context.Context, d checkin.Terminal) error {
	pools, err := json.Marshal(d.Pools)
	if err != nil {
		return fmt.Errorf("update terminal: %w", err)
	}
	// A name that is taken touches no row, rather than breaking the transaction.
	n, err := t.tx.exec(ctx, "update terminal", `UPDATE terminals SET name = $2, kind = $3, gate = $4, pools = $5, sign_public = $6, seal_public = $7,
		revoked_at = CAST($8 AS BIGINT), session_hash = $9, session_expires_at = $10, signed_in_at = $11, seen_at = $12, skew_ms = $13, app_version = $14
		WHERE id = $1 AND (CAST($8 AS BIGINT) > 0 OR NOT EXISTS (SELECT 1 FROM terminals o WHERE o.name = $2 AND o.revoked_at = 0 AND o.id <> $1))`,
		d.ID, d.Name, d.Kind, d.Gate, string(pools), d.SignPublic, d.SealPublic, millis(d.RevokedAt),
		notNil(d.SessionHash), millis(d.SessionExpiresAt), millis(d.SignedInAt), millis(d.SeenAt), d.Skew.Milliseconds(), d.AppVersion)
	if err != nil || n > 0 {
		return err
	}
	found, err := t.Terminals(ctx, []string{d.ID})
	if err == nil && len(found) == 0 {
		return ticketing.ErrNotFound
	}
	if err != nil {
		return err
	}
	return checkin.ErrNameTaken
}

func (t checkInTx) RememberSignIn(ctx context.Context, terminal, nonce string, at time.Time) error {
	n, err := t.tx.exec(ctx, "remember sign-in", `INSERT INTO terminal_sign_ins (terminal_id, nonce, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		terminal, nonce, millis(at))
	if err == nil && n == 0 {
		return checkin.ErrReplayed
	}
	return err
}

func (c checkInReader) Apps(ctx context.Context) ([]checkin.App, error) {
	var apps []checkin.App
	err := c.r.each(ctx, "read apps", func(rows *sql.Rows) error {
		var (
			a  checkin.App
			at int64
		)
		err := rows.Scan(&a.Kind, &a.Minimum, &a.Latest, &a.NoticeZH, &a.NoticeEN, &a.URL, &at)
		a.SetAt = moment(at)
		apps = append(apps, a)
		return err
	}, `SELECT kind, minimum, latest, notice_zh, notice_en, url, set_at FROM terminal_apps ORDER BY kind`)
	return apps, err
}

func (t checkInTx) PutApp(ctx context.Context, a checkin.App) error {
	_, err := t.tx.exec(ctx, "put app", `INSERT INTO terminal_apps (kind, minimum, latest, notice_zh, notice_en, url, set_at) VALUES `+placeholders(1, 7)+`
		ON CONFLICT (kind) DO UPDATE SET minimum = excluded.minimum, latest = excluded.latest, notice_zh = excluded.notice_zh,
		notice_en = excluded.notice_en, url = excluded.url, set_at = excluded.set_at`,
		a.Kind, a.Minimum, a.Latest, a.NoticeZH, a.NoticeEN, a.URL, millis(a.SetAt))
	return err
}

func (c checkInReader) TerminalChanges(ctx context.Context, after int64, limit int) ([]checkin.Change, error) {
	var changes []checkin.Change
	err := c.r.each(ctx, "read changes of terminals", func(rows *sql.Rows) error {
		var (
			change        checkin.Change
			at            int64
			before, after string
		)
		err := rows.Scan(&change.Seq, &change.Subject, &at, &change.Who, &change.What, &before, &after)
		change.At, change.Before, change.After = ticketing.Millis{Time: moment(at)}, []byte(before), []byte(after)
		changes = append(changes, change)
		return err
	}, `SELECT seq, subject, changed_at, who, what, before, after FROM terminal_changes WHERE seq > $1 ORDER BY seq LIMIT $2`, after, limit)
	return changes, err
}

func (t checkInTx) RecordTerminalChange(ctx context.Context, c checkin.Change) error {
	_, err := t.tx.exec(ctx, "record change of terminal", `INSERT INTO terminal_changes (seq, subject, changed_at, who, what, before, after)
		VALUES ((SELECT COALESCE(max(seq), 0) + 1 FROM terminal_changes), $1, $2, $3, $4, $5, $6)`,
		c.Subject, millis(c.At.Time), c.Who, c.What, string(c.Before), string(c.After))
	return err
}
