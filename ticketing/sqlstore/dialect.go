package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"fairgate/ingest/sqldb/lite"
)

// dialect holds the few differences between the engines.
type dialect struct {
	driver string
	goose  goose.Dialect
	writer string // data source of the writing connections
	reader string // data source of the reading ones
	path   string // of the SQLite file; empty for PostgreSQL
	file   string // the same as a data source without pragmas
}

// parseDSN understands sqlite:PATH and postgres:// or postgresql:// URLs. The
// error never repeats the DSN, which may hold a password.
func parseDSN(dsn string) (dialect, error) {
	scheme, rest, _ := strings.Cut(dsn, ":")
	switch scheme {
	case "sqlite":
		if rest == "" || rest == ":memory:" {
			return dialect{}, errors.New("dsn: sqlite needs the path of a file")
		}
		file := "file:" + (&url.URL{Path: rest}).EscapedPath()
		shared := "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=temp_store(2)&_pragma=secure_delete(1)"
		return dialect{
			driver: "sqlite", goose: goose.DialectSQLite3, path: rest, file: file,
			writer: file + "?_txlock=immediate&" + shared,
			reader: file + "?_pragma=query_only(1)&" + shared,
		}, nil
	case "postgres", "postgresql":
		return dialect{driver: "pgx", goose: goose.DialectPostgres, writer: dsn, reader: dsn}, nil
	}
	return dialect{}, fmt.Errorf("dsn: want sqlite:PATH or postgres://…, got the scheme %q", scheme)
}

// open opens the database.
func (d dialect) open(source string) (*sql.DB, error) {
	if d.isSQLite() {
		return lite.Open(source, lite.Options{})
	}
	return sql.Open(d.driver, source)
}

// openKeyed opens the database for statements that look up by key. PostgreSQL
// keeps their plans, and one made while a table was small may read it whole;
// here it must not, because the table grows by thousands of rows a second.
func (d dialect) openKeyed(source string) (*sql.DB, error) {
	if d.isSQLite() {
		return d.open(source)
	}
	config, err := pgx.ParseConfig(source)
	if err != nil {
		return nil, err
	}
	return stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, `SET enable_seqscan = off`)
		return err
	})), nil
}

func (d dialect) isSQLite() bool { return d.path != "" }

// translate turns the common text of a migration into the engine's: column
// types, and what stands in a comment that names the engine.
func (d dialect) translate(sql string) string {
	if !d.isSQLite() {
		return strings.NewReplacer("/* POSTGRES\n", "", "POSTGRES */\n", "").Replace(sql)
	}
	return strings.NewReplacer("/* SQLITE\n", "", "SQLITE */\n", "",
		" BIGINT", " INTEGER", " BYTEA", " BLOB", "/* STRICT */", "STRICT").Replace(sql)
}

// isUniqueViolation recognises both engines' error for a duplicate key.
func isUniqueViolation(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "23505"
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}
