package lists

import (
	"context"
	"database/sql"
	"fmt"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
)

var _ enforcement.Eraser = (*Service)(nil)

// erasedReason is why the entries of an erased account were lifted. They do not
// count as taken back: nobody found them wrong.
const erasedReason = "the account was erased"

// Erase lifts what stands for or against an account, forgets which of its events
// were cleared, and takes its name off the entries of its devices and sessions,
// which stay. The last time its own entries, which count against rules, pass to
// its pseudonym.
func (s *Service) Erase(ctx context.Context, e enforcement.Erasure) error {
	if err := e.Validate(); err != nil {
		return err
	}
	target := enforcement.Target{Entity: rules.EntityAccount, Key: e.Account}
	who := []any{e.Site, e.Account}
	err := s.change(ctx, func(tx *sql.Tx, version int64) ([]enforcement.Target, error) {
		steps := []sqldb.Statement{
			sqldb.Do(`UPDATE lists_entries SET lifted_at = $3, lifted_by = $4, lift_reason = $5, version = $6
 WHERE (site = $1 OR site = '') AND entity = 'account' AND key = $2 AND lifted_at = 0`, append(who[:2:2], sqldb.Millis(s.options.Now()), enforcement.ActorEnforcer, erasedReason, version)...),
			sqldb.Do(`UPDATE lists_entries SET account = '' WHERE (site = $1 OR site = '') AND account = $2`, who...),
			sqldb.Do(`UPDATE lists_cleared SET cleared_at = 0, version = $3 WHERE (site = $1 OR site = '') AND entity = 'account' AND key = $2`, append(who[:2:2], version)...),
		}
		if e.Last {
			steps = append(steps,
				sqldb.Do(`DELETE FROM lists_cleared WHERE (site = $1 OR site = '') AND entity = 'account' AND key = $2`, who...),
				sqldb.Do(`UPDATE lists_entries SET key = $3 WHERE (site = $1 OR site = '') AND entity = 'account' AND key = $2`, append(who[:2:2], e.Pseudonym)...),
			)
		}
		if e.Last && e.InWords() {
			steps = append(steps, sqldb.Replace("lists_entries", e.Account, e.Pseudonym, "reason", "lift_reason"))
		}
		if err := sqldb.Exec(ctx, tx, steps...); err != nil {
			return nil, fmt.Errorf("erase an account from the lists: %w", err)
		}
		return []enforcement.Target{target}, nil
	})
	return err
}
