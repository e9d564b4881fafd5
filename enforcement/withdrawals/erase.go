package withdrawals

import (
	"context"
	"database/sql"
	"fmt"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

var _ enforcement.Eraser = (*Service)(nil)

// Erase forgets what was still to be taken from an account. The last time its
// withdrawals, which are the record of what became of orders, pass to its
// pseudonym.
func (s *Service) Erase(ctx context.Context, e enforcement.Erasure) error {
	if err := e.Validate(); err != nil {
		return err
	}
	who, rename := []any{e.Site, e.Account}, []any{e.Site, e.Account, e.Pseudonym}
	steps := []sqldb.Statement{sqldb.Do(`UPDATE sweeps SET state = 'undone' WHERE site = $1 AND account = $2 AND state = 'due'`, who...)}
	if e.Last {
		steps = append(steps,
			sqldb.Do(`UPDATE sweeps SET key = $3 WHERE site = $1 AND entity = 'account' AND key = $2`, rename...),
			sqldb.Do(`UPDATE sweeps SET account = $3 WHERE site = $1 AND account = $2`, rename...),
			sqldb.Do(`UPDATE withdrawals SET account = $3 WHERE site = $1 AND account = $2`, rename...),
		)
	}
	if e.Last && e.InWords() {
		steps = append(steps, sqldb.Replace("withdrawals", e.Account, e.Pseudonym, "reason"))
	}
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		if err := sqldb.Exec(ctx, tx, steps...); err != nil {
			return fmt.Errorf("erase an account's withdrawals: %w", err)
		}
		return nil
	})
}
