package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"fairgate/console"
	"fairgate/ingest/sqldb"
)

const auditColumns = `seq, time_ms, actor, role, address, request_id, action, object, reason, before, after, hash`

// auditPage is how many entries are read at a time where all are: nothing holds
// the database while somebody's connection is slow.
const auditPage = 1000

// Entries reads the log, the newest first, from before a sequence number (0:
// from the end).
func (s *Store) Entries(ctx context.Context, f console.AuditFilter, before int64, limit int) ([]console.AuditEntry, error) {
	c := conditions(f)
	if before > 0 {
		c.add("seq < $%d", before)
	} else if err := s.reportFailures(ctx); err != nil {
		return nil, err
	}
	return readAudit(ctx, s.db, c.query("DESC", limit), c.args...)
}

// EntriesAfter reads the log, the oldest first, from after a sequence number.
func (s *Store) EntriesAfter(ctx context.Context, f console.AuditFilter, after int64, limit int) ([]console.AuditEntry, error) {
	c := conditions(f)
	c.add("seq > $%d", after)
	return readAudit(ctx, s.db, c.query("ASC", limit), c.args...)
}

// Entry reads one entry. Where there is none the error wraps
// console.ErrNotFound.
func (s *Store) Entry(ctx context.Context, seq int64) (console.AuditEntry, error) {
	list, err := readAudit(ctx, s.db, `SELECT `+auditColumns+` FROM console_audit WHERE seq = $1`, seq)
	if err != nil {
		return console.AuditEntry{}, err
	}
	if len(list) == 0 {
		return console.AuditEntry{}, fmt.Errorf("%w entry of the audit log: %d", console.ErrNotFound, seq)
	}
	return list[0], nil
}

// where gathers conditions with their arguments.
type where struct {
	texts []string
	args  []any
}

func (w *where) add(text string, arg any) {
	w.args = append(w.args, arg)
	w.texts = append(w.texts, strings.ReplaceAll(text, "$%d", fmt.Sprintf("$%d", len(w.args))))
}

func (w *where) query(order string, limit int) string {
	text := `SELECT ` + auditColumns + ` FROM console_audit`
	if len(w.texts) > 0 {
		text += " WHERE " + strings.Join(w.texts, " AND ")
	}
	return fmt.Sprintf("%s ORDER BY seq %s LIMIT %d", text, order, limit)
}

func conditions(f console.AuditFilter) *where {
	w := &where{}
	if !f.From.IsZero() {
		w.add("time_ms >= $%d", f.From.UnixMilli())
	}
	if !f.To.IsZero() {
		w.add("time_ms < $%d", f.To.UnixMilli())
	}
	if f.Actor != "" {
		w.add("actor = $%d", f.Actor)
	}
	switch {
	case strings.Contains(f.Action, "."):
		w.add("action = $%d", f.Action)
	case f.Action != "":
		w.add("action > $%d", f.Action+".")
		w.add("action < $%d", f.Action+"/") // the character after the dot
	}
	if f.Object != "" {
		w.add("REPLACE(object, $%d, '') <> object", f.Object)
	}
	return w
}

func readAudit(ctx context.Context, db *sqldb.DB, query string, args ...any) (entries []console.AuditEntry, err error) {
	rows, err := db.Read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

func scanEntry(rows *sql.Rows) (console.AuditEntry, error) {
	var e console.AuditEntry
	var ms int64
	if err := rows.Scan(&e.Seq, &ms, &e.Actor, (*string)(&e.Role), &e.Address, &e.RequestID, &e.Action, &e.Object, &e.Reason, &e.Before, &e.After, &e.Hash); err != nil {
		return e, fmt.Errorf("read the audit log: %w", err)
	}
	e.Time = time.UnixMilli(ms).UTC()
	return e, nil
}

// Verify walks the whole chain. An error wraps console.ErrChainBroken where an
// entry does not fit, and then the Verification names it.
func (s *Store) Verify(ctx context.Context) (console.Verification, error) {
	return VerifyLog(ctx, s.db, func(console.AuditEntry) {})
}

// VerifyLog is Verify for a database that nothing else is opened on: it changes
// nothing there. Each entry that fits is shown to each.
func VerifyLog(ctx context.Context, db *sqldb.DB, each func(console.AuditEntry)) (console.Verification, error) {
	var v console.Verification
	for {
		page, err := readAudit(ctx, db, fmt.Sprintf(`SELECT %s FROM console_audit WHERE seq > $1 ORDER BY seq LIMIT %d`, auditColumns, auditPage), v.Verified)
		if err != nil {
			return v, err
		}
		for _, e := range page {
			want, err := chain(v.Head, e)
			if err != nil {
				return v, err
			}
			if e.Hash != want || e.Seq != v.Verified+1 {
				v.Broken = v.Verified + 1
				return v, fmt.Errorf("%w: at entry %d", console.ErrChainBroken, v.Broken)
			}
			v.Verified, v.Head = e.Seq, e.Hash
			each(e)
		}
		if len(page) < auditPage {
			return v, nil
		}
	}
}
