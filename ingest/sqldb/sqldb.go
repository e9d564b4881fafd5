package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx"

	"fairgate/ingest/sqldb/lite"
)

// Dialect names the engine behind a DB.
type Dialect string

// Dialects.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Valid reports whether d is a known dialect.
func (d Dialect) Valid() bool { return d == SQLite || d == Postgres }

// ErrBadDSN is wrapped by Open when the DSN names no known engine.
var ErrBadDSN = errors.New("bad database DSN")

// Options tune the pools. The zero value is usable.
type Options struct {
	// MaxConns bounds the connections to PostgreSQL, and the readers of
	// SQLite. Default 8.
	MaxConns int
	// BusyTimeout is how long SQLite waits for another process's write lock.
	// Default 5 s.
	BusyTimeout time.Duration
	// PingTimeout bounds the first connection. Default 5 s.
	PingTimeout time.Duration
	// Lazy leaves the first connection to the first query, so that a process
	// that can do without the database starts while it is away.
	Lazy bool
	// Volatile opens SQLite for a process that does one thing after the other and
	// whose file nobody needs afterwards: it has one connection for reading and
	// writing (of which whoever reads while their own transaction is open waits
	// for ever), keeps the file to itself, and leaves it to the operating system
	// when that is written. Statements that have begun run to their end.
	Volatile bool
}

func (o Options) withDefaults() Options {
	if o.MaxConns <= 0 {
		o.MaxConns = 8
	}
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = 5 * time.Second
	}
	if o.PingTimeout <= 0 {
		o.PingTimeout = 5 * time.Second
	}
	return o
}

// DB is an open database. Write has one connection on SQLite, so that writers
// queue in the process and not at the file's lock; Read is a pool and refuses
// writes on SQLite. On PostgreSQL, and where SQLite is volatile, both are the
// same pool. It is safe for
// concurrent use.
type DB struct {
	Write   *sql.DB
	Read    *sql.DB
	Dialect Dialect
	path    string // SQLite only
}

// Open connects to "sqlite:PATH" (the file and its folder are created) or to
// "postgres://…". The error never holds the DSN, which may hold a password.
func Open(ctx context.Context, dsn string, o Options) (*DB, error) {
	o = o.withDefaults()
	var (
		db  *DB
		err error
	)
	switch {
	case strings.HasPrefix(dsn, "sqlite:"):
		db, err = openSQLite(strings.TrimPrefix(dsn, "sqlite:"), o)
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		db, err = openPostgres(dsn, o)
	default:
		return nil, fmt.Errorf("%w: want sqlite:PATH or postgres://…", ErrBadDSN)
	}
	if err != nil {
		return nil, err
	}
	if o.Lazy {
		return db, nil
	}
	ctx, cancel := context.WithTimeout(ctx, o.PingTimeout)
	defer cancel()
	for _, handle := range []*sql.DB{db.Write, db.Read} {
		if err := handle.PingContext(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("connect to %s: %w", db.Dialect, err), db.Close())
		}
	}
	return db, nil
}

func openSQLite(path string, o Options) (*DB, error) {
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, fmt.Errorf("%w: sqlite needs the path of a file", ErrBadDSN)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("create the folder of the database: %w", err)
	}
	if err := makePrivate(path); err != nil {
		return nil, err
	}
	source := "file:" + (&url.URL{Path: path}).EscapedPath()
	if o.Volatile {
		alone, err := lite.OpenVolatile(source, "foreign_keys(1)")
		if err != nil {
			return nil, err
		}
		return &DB{Write: alone, Read: alone, Dialect: SQLite, path: path}, nil
	}
	pragmas := url.Values{"_txlock": {"immediate"}}
	for _, p := range []string{
		fmt.Sprintf("busy_timeout(%d)", o.BusyTimeout.Milliseconds()),
		"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	} {
		pragmas.Add("_pragma", p)
	}
	write, err := lite.Open(source+"?"+pragmas.Encode(), lite.Options{})
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	pragmas.Set("_txlock", "deferred")
	pragmas.Add("_pragma", "query_only(1)")
	read, err := lite.Open(source+"?"+pragmas.Encode(), lite.Options{})
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(o.MaxConns)
	read.SetMaxIdleConns(o.MaxConns)
	return &DB{Write: write, Read: read, Dialect: SQLite, path: path}, nil
}

// makePrivate creates the database's file where it is missing, readable by its
// owner alone; SQLite gives the files beside it the same mode. The driver would
// make it readable by everybody.
func makePrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		return fmt.Errorf("create the file of the database: %w", err)
	}
	return nil
}

func openPostgres(dsn string, o Options) (*DB, error) {
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, errors.New("open postgres: the DSN cannot be parsed")
	}
	pool.SetMaxOpenConns(o.MaxConns)
	pool.SetMaxIdleConns(o.MaxConns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return &DB{Write: pool, Read: pool, Dialect: Postgres}, nil
}

// InTx runs do in one write transaction and commits it when do returns nil.
// On SQLite the transaction takes the write lock at once (immediate), so a
// read followed by a write in it cannot fail half way.
func (d *DB) InTx(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := d.Write.BeginTx(ctx, nil)
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

// Close closes both handles.
func (d *DB) Close() error {
	if d.Read == d.Write {
		return d.Write.Close()
	}
	return errors.Join(d.Read.Close(), d.Write.Close())
}

// Millis is how a time is stored; the zero time is 0.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Time reads what Millis wrote, in UTC.
func Time(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Flag is how a truth is stored: 1 or 0.
func Flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
