package appeals

import (
	"context"
	"database/sql"
	"fmt"

	"fairgate/enforcement"
)

var _ enforcement.Eraser = (*Service)(nil)

// Erase forgets the account's appeals, open ones too: there is nobody left to
// answer. Where others named the account in their words, its pseudonym stands
// there.
func (s *Service) Erase(ctx context.Context, e enforcement.Erasure) error {
	if err := e.Validate(); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM appeals WHERE site = $1 AND entity = 'account' AND key = $2`, e.Site, e.Account)
		if err == nil && e.InWords() {
			_, err = tx.ExecContext(ctx, `UPDATE appeals SET body = REPLACE(body, $1, $2), reason = REPLACE(reason, $1, $2)
 WHERE REPLACE(body, $1, '') <> body OR REPLACE(reason, $1, '') <> reason`, e.Account, e.Pseudonym)
		}
		if err != nil {
			return fmt.Errorf("erase an account's appeals: %w", err)
		}
		return nil
	})
}
