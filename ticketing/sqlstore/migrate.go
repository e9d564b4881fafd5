package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// The migrations of both engines, in one text.
//
//go:embed migrations/*.sql
var migrations embed.FS

const (
	versionTable = "ticketing_goose_version"
	// The advisoryLock serialises migration on PostgreSQL: "ticketng" in ASCII.
	advisoryLock = 0x7469636b65746e67
)

// migrate brings the schema up to date. Processes that start at once wait for
// one of them: on a PostgreSQL advisory lock, or on a lock file beside SQLite's.
func migrate(ctx context.Context, db *sql.DB, d dialect, logger *slog.Logger) (err error) {
	steps, err := goMigrations(d)
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{
		goose.WithTableName(versionTable), goose.WithGoMigrations(steps...),
		goose.WithDisableGlobalRegistry(true), goose.WithSlog(logger),
		// Accounts number their steps from 101, booking from 1: either may gain one after the other.
		goose.WithAllowOutofOrder(true),
	}
	if d.isSQLite() {
		guard := flock.New(d.path + ".migrate-lock")
		if _, err := guard.TryLockContext(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("lock %s.migrate-lock: %w", d.path, err)
		}
		defer func() {
			if closeErr := guard.Close(); err == nil && closeErr != nil {
				err = fmt.Errorf("unlock %s.migrate-lock: %w", d.path, closeErr)
			}
		}()
	} else {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(advisoryLock), lock.WithLockTimeout(1, 120))
		if err != nil {
			return fmt.Errorf("make migration lock: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(d.goose, db, nil, options...)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// goMigrations makes one step of each embedded file, in order of name.
func goMigrations(d dialect) ([]*goose.Migration, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	steps := make([]*goose.Migration, 0, len(files))
	for _, file := range files {
		version, err := goose.NumericComponent(path.Base(file))
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", file, err)
		}
		text, err := fs.ReadFile(migrations, file)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", file, err)
		}
		up := d.translate(string(text))
		steps = append(steps, goose.NewGoMigration(version, &goose.GoFunc{
			RunTx: func(ctx context.Context, tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, up)
				return err
			},
		}, nil))
	}
	return steps, nil
}
