package sqldb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// migrateWait bounds how long a process waits for another that is migrating.
const migrateWait = time.Minute

// Migrate applies every pending goose migration in the folder "migrations" of
// embedded, recording versions in table. Processes that start together migrate once:
// the others wait (an advisory lock on PostgreSQL, a lock file on SQLite).
//
// Migrations are written once for both engines; {{bigint}} and {{strict}} in
// them stand for the 64-bit integer type and for SQLite's STRICT table option.
func (d *DB) Migrate(ctx context.Context, embedded fs.FS, table string) (err error) {
	migrations, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return fmt.Errorf("migrate %s: %w", table, err)
	}
	ctx, cancel := context.WithTimeout(ctx, migrateWait)
	defer cancel()
	options := []goose.ProviderOption{goose.WithTableName(table), goose.WithDisableGlobalRegistry(true)}
	dialect := goose.DialectSQLite3
	if d.Dialect == Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, uint64(migrateWait/time.Second)))
		if err != nil {
			return fmt.Errorf("migrate %s: %w", table, err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	} else {
		file := flock.New(d.path + ".migrate.lock")
		if _, err := file.TryLockContext(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("migrate %s: wait for the lock: %w", table, err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
	}
	provider, err := goose.NewProvider(dialect, d.Write, rendered{inner: migrations, dialect: d.Dialect}, options...)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", table, err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate %s: %w", table, err)
	}
	return nil
}

// rendered is a file system of migrations with the dialect's words filled in.
type rendered struct {
	inner   fs.FS
	dialect Dialect
}

// Open opens a file with its placeholders replaced; folders pass through.
func (r rendered) Open(name string) (fs.File, error) {
	file, err := r.inner.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if info.IsDir() {
		return file, nil
	}
	text, err := io.ReadAll(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	words := strings.NewReplacer("{{bigint}}", "BIGINT", "{{strict}}", "")
	if r.dialect == SQLite {
		words = strings.NewReplacer("{{bigint}}", "INTEGER", "{{strict}}", "STRICT")
	}
	return &renderedFile{Reader: bytes.NewReader([]byte(words.Replace(string(text)))), info: info}, nil
}

// renderedFile is one file of rendered.
type renderedFile struct {
	*bytes.Reader
	info fs.FileInfo
}

// Stat describes the file as it was before rendering: goose reads to the end
// and does not look at the size.
func (f *renderedFile) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close does nothing; the file is in memory.
func (f *renderedFile) Close() error { return nil }
