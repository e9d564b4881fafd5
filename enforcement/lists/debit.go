package lists

import (
	"context"
	"fmt"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

// Debit is what counts against a rule: of the blocks that it made, how many
// somebody had to take back. What ended by its own time is in Made only.
type Debit struct {
	Made    int `json:"made"`
	Undone  int `json:"undone"`  // by undoing the rule
	Cleared int `json:"cleared"` // by review, appeal, exception or hand
}

// DebitOf counts the blocks that a rule made at a site since a time of event
// time, in every version.
func (s *Service) DebitOf(ctx context.Context, site, rule string, since time.Time) (d Debit, err error) {
	if site == "" || rule == "" {
		return d, fmt.Errorf("%w: a debit needs a site (%q) and a rule (%q)", ErrBadInput, site, rule)
	}
	err = s.db.Read.QueryRowContext(ctx, `SELECT COUNT(*),
 COALESCE(SUM(CASE WHEN lifted_at > 0 AND lifted_by <> $4 AND lift_reason LIKE 'undo %' THEN 1 ELSE 0 END), 0),
 COALESCE(SUM(CASE WHEN lifted_at > 0 AND lifted_by <> $4 AND lift_reason NOT LIKE 'undo %' THEN 1 ELSE 0 END), 0)
 FROM lists_entries WHERE kind = 'deny' AND source = 'rule' AND rule = $1 AND site = $2 AND since >= $3`,
		rule, site, sqldb.Millis(since), enforcement.ActorEnforcer).Scan(&d.Made, &d.Undone, &d.Cleared)
	if err != nil {
		return d, fmt.Errorf("count what was taken back of rule %s: %w", rule, err)
	}
	return d, nil
}
