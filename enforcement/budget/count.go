package budget

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"fairgate/enforcement"
)

// lookAtOnce is how many accounts are looked up by one statement.
const lookAtOnce = 500

// People counts those of the accounts that have evidence of a person now: what
// the budgets go by.
func (s *Service) People(ctx context.Context, site string, accounts []string) (int, error) {
	n, now := 0, s.options.Now()
	for part := range slices.Chunk(accounts, lookAtOnce) {
		seen := make([]enforcement.Sighting, len(part))
		for i, account := range part {
			seen[i] = enforcement.Sighting{Site: site, Account: account}
		}
		err := s.db.InTx(ctx, func(tx *sql.Tx) error {
			known, err := s.look(ctx, tx, seen)
			if err != nil {
				return err
			}
			for _, a := range known {
				if a.person(now, s.options) {
					n++
				}
			}
			return nil
		})
		if err != nil {
			return 0, fmt.Errorf("count people: %w", err)
		}
	}
	return n, nil
}
