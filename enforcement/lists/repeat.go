package lists

import (
	"context"
	"fmt"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

// liftedExpired is why an ended entry was taken off the list when the next
// block of the same target by the same rule replaced it.
const liftedExpired = "expired"

// escalated is d with the TTL that its target's history asks for, and how many
// earlier blocks of the target by the rule count.
//
// Those count that began within the period before this block did: the event
// time of d, or the beginning of the entry that still stands and that d
// extends, so that whoever goes on trying while blocked is not a repeat
// offender, and a redelivered event escalates nothing. Blocks that somebody
// lifted do not count, nor those that were undone with their rule, nor those
// from before the target was last cleared.
func escalated(
	ctx context.Context, q querier, d enforcement.Denial, standing *Entry,
) (enforcement.Denial, int, error) {
	if d.Repeat == nil {
		return d, 0, nil
	}
	began, current := d.At, ""
	if standing != nil {
		began, current = standing.Since, standing.ID
	}
	from := began.Add(-time.Duration(d.Repeat.Within) * time.Second)
	var earlier int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM lists_entries e
 WHERE entity = $1 AND key = $2 AND kind = 'deny' AND source = 'rule' AND rule = $3 AND site = $4 AND id <> $5
 AND since >= $6 AND since < $7 AND (lifted_at = 0 OR (lifted_by = $8 AND lift_reason = $9))
 AND since > (SELECT COALESCE(MAX(cleared_at), 0) FROM lists_cleared
  WHERE entity = $1 AND key = $2 AND (site = '' OR site = $4))
 AND NOT EXISTS (SELECT 1 FROM lists_undone u WHERE u.rule = $3 AND u.site = $4
  AND (u.ruleset = '' OR u.ruleset = e.ruleset) AND e.since >= u.from_ms AND e.since <= u.to_ms)`,
		string(d.Target.Entity), d.Target.Key, d.Rule, d.Site, current, sqldb.Millis(from), sqldb.Millis(began),
		enforcement.ActorEnforcer, liftedExpired).Scan(&earlier)
	if err != nil {
		return d, 0, fmt.Errorf("count the earlier blocks of %s by %s: %w", d.Target, d.Rule, err)
	}
	if earlier > 0 {
		step := min(earlier, len(d.Repeat.TTL)) - 1
		d.TTL = time.Duration(d.Repeat.TTL[step]) * time.Second
	}
	return d, earlier, nil
}

// ended reports that an entry does not stand any more for an event at t.
func (e Entry) ended(t time.Time) bool { return !e.Expires.IsZero() && e.Expires.Before(t) }
