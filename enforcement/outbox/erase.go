package outbox

import (
	"context"
	"database/sql"
	"fmt"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

// Eraser takes accounts out of what is still to be published.
type Eraser struct{ DB *sqldb.DB }

var _ enforcement.Eraser = Eraser{}

// Erase drops the messages that name the account, the last time: until then
// they are published, and what took them forgets them by itself.
func (o Eraser) Erase(ctx context.Context, e enforcement.Erasure) error {
	if err := e.Validate(); err != nil || !e.Last {
		return err
	}
	account, _ := e.Quoted()
	return o.DB.InTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM outbox WHERE key = $1 OR REPLACE(payload, $2, '') <> payload`, e.Account, account)
		if err != nil {
			return fmt.Errorf("erase an account from the outbox: %w", err)
		}
		return nil
	})
}
