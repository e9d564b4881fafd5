package alert

import (
	"context"
	"database/sql"
	"fmt"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

// Eraser takes accounts out of what operators wrote about alerts.
type Eraser struct{ db *sqldb.DB }

var _ enforcement.Eraser = (*Eraser)(nil)

// OpenEraser makes the tables where they are missing.
func OpenEraser(ctx context.Context, db *sqldb.DB) (*Eraser, error) {
	return &Eraser{db}, db.Migrate(ctx, migrations, "alert_schema")
}

// Erase puts the account's pseudonym where operators named it in their words.
// What is found out counts accounts and names none.
func (o *Eraser) Erase(ctx context.Context, e enforcement.Erasure) error {
	if err := e.Validate(); err != nil || !e.InWords() {
		return err
	}
	return o.db.InTx(ctx, func(tx *sql.Tx) error {
		err := sqldb.Exec(ctx, tx,
			sqldb.Replace("alerts", e.Account, e.Pseudonym, "note"),
			sqldb.Replace("alert_silences", e.Account, e.Pseudonym, "reason"))
		if err != nil {
			return fmt.Errorf("erase an account from alerts: %w", err)
		}
		return nil
	})
}
