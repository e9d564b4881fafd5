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
		for _, text := range []string{
			`UPDATE alerts SET note = REPLACE(note, $1, $2) WHERE REPLACE(note, $1, '') <> note`,
			`UPDATE alert_silences SET reason = REPLACE(reason, $1, $2) WHERE REPLACE(reason, $1, '') <> reason`,
		} {
			if _, err := tx.ExecContext(ctx, text, e.Account, e.Pseudonym); err != nil {
				return fmt.Errorf("erase an account from alerts: %w", err)
			}
		}
		return nil
	})
}
