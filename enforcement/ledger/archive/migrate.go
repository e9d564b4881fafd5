package archive

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/database"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versionTable is where goose keeps what was applied.
const versionTable = "ledger_migrations"

// Migrate creates the database if need be, applies pending migrations, and
// sets the retention on every table. Processes that start together may both
// do so: every statement is one that can be repeated.
func (a *Archive) Migrate(ctx context.Context) error {
	if err := a.createDatabase(ctx); err != nil {
		return fmt.Errorf("migrate the ledger: %w", err)
	}
	if err := database.Migrate(ctx, a.client, migrations, versionTable); err != nil {
		return fmt.Errorf("migrate the ledger: %w", err)
	}
	if err := a.retain(ctx); err != nil {
		return fmt.Errorf("set the ledger's retention: %w", err)
	}
	return nil
}

// createDatabase makes the database that the client names.
func (a *Archive) createDatabase(ctx context.Context) error {
	name := a.client.Auth.Database
	if name == "" || name == "default" {
		return nil
	}
	first := *a.client
	// No database, rather than "default", on which the user may hold no grant.
	first.Auth.Database = ""
	conn, err := clickhouse.Open(&first)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	err = conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS `"+strings.ReplaceAll(name, "`", "``")+"`")
	if err != nil {
		err = fmt.Errorf("create database %q: %w", name, err)
	}
	return errors.Join(err, conn.Close())
}

// days is the retention in whole days, rounded up.
func (a *Archive) days() int {
	const day = 24 * time.Hour
	return int((a.opts.Retention + day - 1) / day)
}

// retain changes the retention of tables that have another one; ClickHouse
// then recomputes in the background which parts are due.
func (a *Archive) retain(ctx context.Context) error {
	wanted := fmt.Sprintf("toIntervalDay(%d)", a.days())
	for _, kind := range ledger.Kinds() {
		var definition string
		row := a.conn.QueryRow(ctx, "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = {name:String}",
			clickhouse.Named("name", string(kind)))
		if err := row.Scan(&definition); err != nil {
			return fmt.Errorf("read the definition of %s: %w", kind, err)
		}
		if strings.Contains(definition, wanted) {
			continue
		}
		column := "time"
		if kind == ledger.KindOutcome {
			column = "occurred_at"
		}
		statement := fmt.Sprintf("ALTER TABLE %s MODIFY TTL toDateTime(%s) + %s", kind, column, wanted)
		if err := a.conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("change %s: %w", kind, err)
		}
		a.opts.Logger.InfoContext(ctx, "ledger retention changed", "table", kind, "days", a.days())
	}
	return nil
}
