package appeals

import (
	"context"
	"database/sql"
	"fmt"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

var _ enforcement.Eraser = (*Service)(nil)

// Erase forgets the account's appeals, open ones too: there is nobody left to
// answer. Where others named the account in their words, its pseudonym stands
// there.
func (s *Service) Erase(ctx context.Context, e enforcement.Erasure) error {
	if err := e.Validate(); err != nil {
		return err
	}
	steps := []sqldb.Statement{sqldb.Do(`DELETE FROM appeals WHERE site = $1 AND entity = 'account' AND key = $2`, e.Site, e.Account)}
	if e.InWords() {
		steps = append(steps, sqldb.Replace("appeals", e.Account, e.Pseudonym, "body", "reason"))
	}
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		if err := sqldb.Exec(ctx, tx, steps...); err != nil {
			return fmt.Errorf("erase an account's appeals: %w", err)
		}
		return nil
	})
}
