package erasure

import (
	"context"
	"database/sql"
	"fmt"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

// Texts takes accounts out of texts in SQL that name them, all at once.
type Texts struct {
	DB *sqldb.DB
	// Where names the store in errors.
	Where string
	// Statements are what an erasure does; none: nothing.
	Statements func(e enforcement.Erasure) []sqldb.Statement
}

var _ enforcement.Eraser = Texts{}

// Erase implements enforcement.Eraser.
func (t Texts) Erase(ctx context.Context, e enforcement.Erasure) error {
	if err := e.Validate(); err != nil {
		return err
	}
	statements := t.Statements(e)
	if len(statements) == 0 {
		return nil
	}
	return t.DB.InTx(ctx, func(tx *sql.Tx) error {
		if err := sqldb.Exec(ctx, tx, statements...); err != nil {
			return fmt.Errorf("erase an account from %s: %w", t.Where, err)
		}
		return nil
	})
}

// Worded are replacements where an account's name means it within free text, and
// nothing where it does not (enforcement.Erasure.InWords).
func Worded(replace func(e enforcement.Erasure) []sqldb.Statement) func(enforcement.Erasure) []sqldb.Statement {
	return func(e enforcement.Erasure) []sqldb.Statement {
		if !e.InWords() {
			return nil
		}
		return replace(e)
	}
}
