package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"fairgate/console"
	"fairgate/ingest/sqldb"
)

// failuresEvery is the interval within which an account's failed sign-ins make at
// most three entries of the audit log: the first, the lock-out, and how many
// there were. Names that nobody has share one account's entries, unnamed: some
// people type their password into the name's field, and whoever floods the
// house with names fills no log.
const failuresEvery = 15 * time.Minute

// Actions of the audit log about sign-ins that failed. Nobody is their actor.
const (
	actionFailed = "session.fail"
	actionLocked = "session.lock"
	nobody       = "nobody"
	unknownUser  = "user:?"
)

// failed writes a failed sign-in down and returns its cause, or why it could not
// be written. Other errors than those of failing are only handed on.
func (s *Store) failed(ctx context.Context, name, address string, cause error) error {
	locked := errors.Is(cause, console.ErrTooManyTries)
	if !locked && !errors.Is(cause, console.ErrBadCredentials) && !errors.Is(cause, console.ErrBadCode) {
		return cause
	}
	if err := s.reportFailures(ctx); err != nil {
		return err
	}
	var count int
	err := s.db.Write.QueryRowContext(ctx, `INSERT INTO console_failures (name, since_ms, count, locked, address) VALUES ($1, $2, 1, 0, $3)
		ON CONFLICT (name) DO UPDATE SET count = console_failures.count + 1, address = excluded.address RETURNING count`,
		name, s.o.Now().UnixMilli(), address).Scan(&count)
	if err != nil {
		return fmt.Errorf("count the failed sign-in: %w", err)
	}
	if count == 1 {
		if err := s.auditFailure(ctx, actionFailed, name, address, failures{Count: 1}); err != nil {
			return err
		}
	}
	if !locked {
		return cause
	}
	result, err := s.db.Write.ExecContext(ctx, `UPDATE console_failures SET locked = 1 WHERE name = $1 AND locked = 0`, name)
	if err != nil {
		return fmt.Errorf("note the lock-out: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(cause, err)
	}
	if err := s.auditFailure(ctx, actionLocked, name, address, failures{Count: count, Seconds: int(s.o.TriesWindow.Seconds())}); err != nil {
		return err
	}
	return cause
}

// failures is what an entry says of them.
type failures struct {
	Count   int        `json:"failures"`
	Since   *time.Time `json:"since,omitempty"`
	Seconds int        `json:"locked_for_seconds,omitempty"`
}

func (s *Store) auditFailure(ctx context.Context, action, name, address string, what failures) error {
	object := unknownUser
	if name != "" {
		object = "user:" + name
	}
	after, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("encode the failed sign-ins: %w", err)
	}
	_, err = s.Append(ctx, console.AuditEntry{Actor: nobody, Address: address, Action: action, Object: object, After: string(after)})
	return err
}

// reportFailures writes down how many failures there were in the intervals that
// are over. Whoever signs in or reads the log has it done.
func (s *Store) reportFailures(ctx context.Context) error {
	over, err := s.overFailures(ctx)
	if err != nil {
		return err
	}
	for _, f := range over {
		if f.Count < 2 {
			continue // the first is in the log
		}
		if err := s.auditFailure(ctx, actionFailed, f.name, f.address, f.failures); err != nil {
			return err
		}
	}
	return nil
}

type counted struct {
	failures
	name, address string
}

// overFailures takes the counts of intervals that are over out of the table, so
// that one process reports each.
func (s *Store) overFailures(ctx context.Context) (list []counted, err error) {
	until := s.o.Now().Add(-failuresEvery).UnixMilli()
	var n int
	if err := s.db.Read.QueryRowContext(ctx, `SELECT COUNT(*) FROM console_failures WHERE since_ms <= $1`, until).Scan(&n); err != nil || n == 0 {
		return nil, err
	}
	rows, err := s.db.Write.QueryContext(ctx, `DELETE FROM console_failures WHERE since_ms <= $1 RETURNING name, since_ms, count, address`, until)
	if err != nil {
		return nil, fmt.Errorf("read the failed sign-ins: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var f counted
		var since int64
		if err := rows.Scan(&f.name, &since, &f.Count, &f.address); err != nil {
			return nil, fmt.Errorf("read the failed sign-ins: %w", err)
		}
		at := sqldb.Time(since)
		f.Since = &at
		list = append(list, f)
	}
	return list, rows.Err()
}
