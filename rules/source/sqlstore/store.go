package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"fairgate/ingest/sqldb"
	"fairgate/rules/life"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store keeps versions. It is safe for concurrent use, also by several
// processes on one database.
type Store struct{ db *sqldb.DB }

var _ life.Store = (*Store)(nil)

// New returns a Store and leaves the database alone: its tables are made by
// whichever process calls Open.
func New(db *sqldb.DB) *Store { return &Store{db: db} }

// Open migrates the tables and returns the Store.
func Open(ctx context.Context, db *sqldb.DB) (*Store, error) {
	if err := db.Migrate(ctx, migrations, "rulesets_goose_version"); err != nil {
		return nil, err
	}
	return New(db), nil
}

// inTx runs do in one write transaction that holds the ruleset's row, so that
// writers of one ruleset queue.
func (s *Store) inTx(ctx context.Context, ruleset string, do func(tx *sql.Tx) error) error {
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO rulesets_state (ruleset, number, revision, file) VALUES ($1, 0, 0, '')
			ON CONFLICT (ruleset) DO UPDATE SET revision = rulesets_state.revision`, ruleset)
		if err != nil {
			return fmt.Errorf("hold ruleset %q: %w", ruleset, err)
		}
		return do(tx)
	})
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Insert gives the version the next number.
func (s *Store) Insert(ctx context.Context, v life.Version) (life.Version, error) {
	err := s.inTx(ctx, v.Ruleset, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(number), 0) + 1 FROM rulesets_versions WHERE ruleset = $1`, v.Ruleset).Scan(&v.Number)
		if err != nil {
			return err
		}
		columns, err := columnsOf(&v)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO rulesets_versions
			(ruleset, number, state, hash, program, base, author, editors, reason, text, created_at, changed_at, approval, publication, rejection)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`, columns...)
		return err
	})
	if err != nil {
		return life.Version{}, fmt.Errorf("store a version of ruleset %q: %w", v.Ruleset, err)
	}
	return v, nil
}

// columnsOf are a version's values in the order of the table.
func columnsOf(v *life.Version) ([]any, error) {
	var encoded [4]string
	for i, part := range []any{v.Editors, v.Approval, v.Publication, v.Rejection} {
		text, err := json.Marshal(part)
		if err != nil {
			return nil, fmt.Errorf("encode a version: %w", err)
		}
		encoded[i] = string(text)
	}
	return []any{
		v.Ruleset, v.Number, string(v.State), v.Hash, v.Program, v.Base, v.Author, encoded[0], v.Reason, v.Text,
		v.Created.UnixMilli(), v.Changed.UnixMilli(), encoded[1], encoded[2], encoded[3],
	}, nil
}

const selectVersion = `SELECT ruleset, number, state, hash, program, base, author, editors, reason, text,
	created_at, changed_at, approval, publication, rejection FROM rulesets_versions`

const selectVersionWithoutText = `SELECT ruleset, number, state, hash, program, base, author, editors, reason, '',
	created_at, changed_at, approval, publication, rejection FROM rulesets_versions`

// scan reads what columnsOf wrote.
func scan(row interface{ Scan(...any) error }) (life.Version, error) {
	var v life.Version
	var created, changed int64
	var encoded [4]string
	err := row.Scan(&v.Ruleset, &v.Number, &v.State, &v.Hash, &v.Program, &v.Base, &v.Author, &encoded[0], &v.Reason, &v.Text,
		&created, &changed, &encoded[1], &encoded[2], &encoded[3])
	if err != nil {
		return v, err
	}
	v.Created, v.Changed = time.UnixMilli(created).UTC(), time.UnixMilli(changed).UTC()
	for i, part := range []any{&v.Editors, &v.Approval, &v.Publication, &v.Rejection} {
		if err := json.Unmarshal([]byte(encoded[i]), part); err != nil {
			return v, fmt.Errorf("version %d of ruleset %q is damaged: %w", v.Number, v.Ruleset, err)
		}
	}
	return v, nil
}

// Version reads one.
func (s *Store) Version(ctx context.Context, ruleset string, number int64) (life.Version, error) {
	return version(ctx, s.db.Read, ruleset, number)
}

func version(ctx context.Context, q querier, ruleset string, number int64) (life.Version, error) {
	v, err := scan(q.QueryRowContext(ctx, selectVersion+` WHERE ruleset = $1 AND number = $2`, ruleset, number))
	if errors.Is(err, sql.ErrNoRows) {
		return v, fmt.Errorf("%w: ruleset %q has no version %d", life.ErrNotFound, ruleset, number)
	}
	if err != nil {
		return v, fmt.Errorf("read version %d of ruleset %q: %w", number, ruleset, err)
	}
	return v, nil
}

// List reads versions without their texts.
func (s *Store) List(ctx context.Context, ruleset string, before int64, limit int) ([]life.Version, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := s.db.Read.QueryContext(ctx, selectVersionWithoutText+
		` WHERE ruleset = $1 AND number < $2 ORDER BY number DESC LIMIT $3`, ruleset, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list versions of ruleset %q: %w", ruleset, err)
	}
	defer func() { _ = rows.Close() }()
	var out []life.Version
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list versions of ruleset %q: %w", ruleset, err)
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list versions of ruleset %q: %w", ruleset, err)
	}
	return out, nil
}

// Save writes a version that is still as was.
func (s *Store) Save(ctx context.Context, was, v life.Version) error {
	return s.inTx(ctx, v.Ruleset, func(tx *sql.Tx) error { return save(ctx, tx, &was, &v) })
}

func save(ctx context.Context, tx *sql.Tx, was, v *life.Version) error {
	columns, err := columnsOf(v)
	if err != nil {
		return err
	}
	done, err := tx.ExecContext(ctx, `UPDATE rulesets_versions SET state = $3, hash = $4, program = $5, base = $6, author = $7, editors = $8,
		reason = $9, text = $10, created_at = $11, changed_at = $12, approval = $13, publication = $14, rejection = $15
		WHERE ruleset = $1 AND number = $2 AND state = $16 AND hash = $17`, append(columns, string(was.State), was.Hash)...)
	if err != nil {
		return fmt.Errorf("write version %d of ruleset %q: %w", v.Number, v.Ruleset, err)
	}
	n, err := done.RowsAffected()
	if err != nil {
		return fmt.Errorf("write version %d of ruleset %q: %w", v.Number, v.Ruleset, err)
	}
	if n == 0 {
		return fmt.Errorf("%w: somebody else changed version %d of ruleset %q", life.ErrStale, v.Number, v.Ruleset)
	}
	return nil
}
