// Package sqlstore keeps in SQL since when features are counted.
//
// It owns its table and migrations (Migrations, applied by whoever opens the
// database) and implements warmup.Store; what a report makes of a record is
// package warmup's. The SQL is written once for PostgreSQL and SQLite.
package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	"fairgate/scoring/warmup"
)

//go:embed migrations/*.sql
var migrations embed.FS

// VersionTable is where the database notes which migrations were applied.
const VersionTable = "features_goose_version"

// Migrations are the goose migrations of the table. {{bigint}} and {{strict}}
// in them stand for the 64-bit integer type and for SQLite's STRICT.
func Migrations() (fs.FS, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("feature migrations: %w", err)
	}
	return dir, nil
}

// Store keeps records. It is safe for concurrent use, also by several
// processes on one database.
type Store struct{ read, write *sql.DB }

var _ warmup.Store = (*Store)(nil)

// New returns a Store on migrated tables. Both handles may be the same; on
// SQLite, transactions of write must take the lock at once.
func New(read, write *sql.DB) *Store { return &Store{read: read, write: write} }

// Report notes what a process counts. Reports queue on one row.
func (s *Store) Report(ctx context.Context, now time.Time, counted map[string]time.Time) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO features_reports (id, last_ms) VALUES (1, 0)
			ON CONFLICT (id) DO UPDATE SET last_ms = features_reports.last_ms`); err != nil {
			return err
		}
		var last int64
		if err := tx.QueryRowContext(ctx, `SELECT last_ms FROM features_reports WHERE id = 1`).Scan(&last); err != nil {
			return err
		}
		known, err := records(ctx, tx)
		if err != nil {
			return err
		}
		for _, definition := range slices.Sorted(maps.Keys(counted)) {
			var old *warmup.Record
			if r, ok := known[definition]; ok {
				old = &r
			}
			if err := put(ctx, tx, warmup.Next(old, definition, now, counted[definition], moment(last))); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `UPDATE features_reports SET last_ms = $1 WHERE id = 1 AND last_ms < $1`, now.UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("report what is counted: %w", err)
	}
	return nil
}

func put(ctx context.Context, tx *sql.Tx, r warmup.Record) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO features_definitions (definition, since_ms, counted_ms, seen_ms, before_ms) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (definition) DO UPDATE SET since_ms = excluded.since_ms, counted_ms = excluded.counted_ms, seen_ms = excluded.seen_ms, before_ms = excluded.before_ms`,
		r.Definition, millis(r.Since), millis(r.Counted), millis(r.Seen), millis(r.Before))
	return err
}

// Records reads every record.
func (s *Store) Records(ctx context.Context) (map[string]warmup.Record, error) {
	out, err := records(ctx, s.read)
	if err != nil {
		return nil, fmt.Errorf("read since when features are counted: %w", err)
	}
	return out, nil
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func records(ctx context.Context, q querier) (_ map[string]warmup.Record, err error) {
	rows, err := q.QueryContext(ctx, `SELECT definition, since_ms, counted_ms, seen_ms, before_ms FROM features_definitions`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out := map[string]warmup.Record{}
	for rows.Next() {
		var r warmup.Record
		var since, counted, seen, before int64
		if err := rows.Scan(&r.Definition, &since, &counted, &seen, &before); err != nil {
			return nil, err
		}
		r.Since, r.Counted, r.Seen, r.Before = moment(since), moment(counted), moment(seen), moment(before)
		out[r.Definition] = r
	}
	return out, rows.Err()
}

// Covered moves the beginning back; it never moves it forward.
func (s *Store) Covered(ctx context.Context, definition string, since time.Time) error {
	_, err := s.write.ExecContext(ctx, `UPDATE features_definitions SET since_ms = $2 WHERE definition = $1 AND since_ms > $2`,
		definition, since.UnixMilli())
	if err != nil {
		return fmt.Errorf("note a backfill: %w", err)
	}
	return nil
}

// inTx runs do in one write transaction.
func (s *Store) inTx(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := do(tx); err != nil {
		if rollback := tx.Rollback(); rollback != nil && !errors.Is(rollback, sql.ErrTxDone) {
			return errors.Join(err, fmt.Errorf("roll back: %w", rollback))
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// millis and moment write a missing time as 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
