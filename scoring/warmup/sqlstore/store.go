// Package sqlstore keeps in SQL since when features are counted.
//
// It owns its table and migrations (applied by Open) and implements warmup.Store; what a report makes of a record is
// package warmup's. The SQL is written once for PostgreSQL and SQLite.
package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"fairgate/ingest/sqldb"
	"fairgate/scoring/warmup"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store keeps records. It is safe for concurrent use, also by several
// processes on one database.
type Store struct{ db *sqldb.DB }

var _ warmup.Store = (*Store)(nil)

// New returns a Store and leaves the database alone: its table is made by
// whichever process calls Open.
func New(db *sqldb.DB) *Store { return &Store{db: db} }

// Open migrates the table and returns the Store.
func Open(ctx context.Context, db *sqldb.DB) (*Store, error) {
	if err := db.Migrate(ctx, migrations, "features_goose_version"); err != nil {
		return nil, err
	}
	return New(db), nil
}

// Report notes what a process counts. Reports queue on one row.
func (s *Store) Report(ctx context.Context, now time.Time, counted map[string]time.Time) error {
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
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
			if err := put(ctx, tx, warmup.Next(old, definition, now, counted[definition], sqldb.Time(last))); err != nil {
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
		r.Definition, sqldb.Millis(r.Since), sqldb.Millis(r.Counted), sqldb.Millis(r.Seen), sqldb.Millis(r.Before))
	return err
}

// Records reads every record.
func (s *Store) Records(ctx context.Context) (map[string]warmup.Record, error) {
	out, err := records(ctx, s.db.Read)
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
		r.Since, r.Counted, r.Seen, r.Before = sqldb.Time(since), sqldb.Time(counted), sqldb.Time(seen), sqldb.Time(before)
		out[r.Definition] = r
	}
	return out, rows.Err()
}

// Covered moves the beginning back; it never moves it forward.
func (s *Store) Covered(ctx context.Context, definition string, since time.Time) error {
	_, err := s.db.Write.ExecContext(ctx, `UPDATE features_definitions SET since_ms = $2 WHERE definition = $1 AND since_ms > $2`,
		definition, since.UnixMilli())
	if err != nil {
		return fmt.Errorf("note a backfill: %w", err)
	}
	return nil
}
