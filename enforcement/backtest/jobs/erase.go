package jobs

import (
	"context"
	"database/sql"
	"fmt"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

// Eraser takes accounts out of the results of backtests.
type Eraser struct{ db *sqldb.DB }

var _ enforcement.Eraser = (*Eraser)(nil)

// OpenEraser makes the table where it is missing.
func OpenEraser(ctx context.Context, db *sqldb.DB) (*Eraser, error) {
	return &Eraser{db}, db.Migrate(ctx, migrations, "backtests_goose_version")
}

// Erase names the account by its pseudonym wherever a result shows it.
func (o *Eraser) Erase(ctx context.Context, e enforcement.Erasure) error {
	if err := e.Validate(); err != nil {
		return err
	}
	account, pseudonym := e.Quoted()
	return o.db.InTx(ctx, func(tx *sql.Tx) error {
		err := sqldb.Exec(ctx, tx, sqldb.Replace("backtests", account, pseudonym, "result"))
		if err != nil {
			return fmt.Errorf("erase an account from backtests: %w", err)
		}
		return nil
	})
}
