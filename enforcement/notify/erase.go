package notify

import (
	"context"
	"database/sql"
	"fmt"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

// Eraser takes accounts out of what operators were told.
type Eraser struct{ db *sqldb.DB }

var _ enforcement.Eraser = (*Eraser)(nil)

// OpenEraser makes the tables where they are missing.
func OpenEraser(ctx context.Context, db *sqldb.DB) (*Eraser, error) {
	return &Eraser{db}, db.Migrate(ctx, migrations, "notify_schema")
}

// Erase puts the account's pseudonym where the words of a delivery name it, also
// of one that is still to be sent.
func (o *Eraser) Erase(ctx context.Context, e enforcement.Erasure) error {
	if err := e.Validate(); err != nil || !e.InWords() {
		return err
	}
	return o.db.InTx(ctx, func(tx *sql.Tx) error {
		err := sqldb.Exec(ctx, tx, sqldb.Replace("notify_deliveries", e.Account, e.Pseudonym, "title", "body", "last_error"))
		if err != nil {
			return fmt.Errorf("erase an account from notifications: %w", err)
		}
		return nil
	})
}
