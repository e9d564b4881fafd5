package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/pressly/goose/v3"
)

// Migrate applies every pending goose migration in the folder "migrations" of
// embedded to the ClickHouse that client names, and records versions in table.
// ClickHouse has no lock for it: processes that start together may all do so, and
// every statement must be one that can be repeated.
func Migrate(ctx context.Context, client *clickhouse.Options, embedded fs.FS, table string) (err error) {
	db := clickhouse.OpenDB(client)
	defer func() { err = errors.Join(err, db.Close()) }()
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectClickHouse, db, files,
		goose.WithTableName(table), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("prepare the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("apply the migrations: %w", err)
	}
	return nil
}
