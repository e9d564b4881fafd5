package lists

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

// Tally counts the deny entries that a cause made.
type Tally struct {
	Entries  int `json:"entries"`  // in all
	Standing int `json:"standing"` // not lifted and not ended
	// Lifted were lifted for the reason that Tally was asked with.
	Lifted int `json:"lifted"`
}

// causeWhere selects what a cause made; its parameters are causeArgs, $1 to $5.
const causeWhere = ` WHERE kind = 'deny' AND source = 'rule' AND site = $1 AND rule = $2 AND ($3 = '' OR ruleset = $3)
 AND since >= $4 AND since <= $5`

func causeArgs(c enforcement.Cause) []any {
	to := int64(math.MaxInt64)
	if !c.To.IsZero() {
		to = sqldb.Millis(c.To)
	}
	return []any{c.Site, c.Rule, c.Ruleset, sqldb.Millis(c.From), to}
}

// Caused lists the deny entries that a cause made, the oldest first, lifted
// ones too, and the cursor of the next page, empty after the last. An entry
// belongs to the version and the event that first made it, also where later
// ones extended it.
func (s *Service) Caused(ctx context.Context, c enforcement.Cause, cursor string, limit int) ([]Entry, string, error) {
	if err := c.Validate(); err != nil {
		return nil, "", err
	}
	if limit < 1 || limit > MaxPage {
		return nil, "", fmt.Errorf("%w: limit %d, want 1 to %d", ErrBadInput, limit, MaxPage)
	}
	entries, err := query(ctx, s.db.Read, `SELECT `+entryColumns+` FROM lists_entries`+causeWhere+
		` AND id > $6 ORDER BY id LIMIT $7`, append(causeArgs(c), cursor, limit+1)...)
	if err != nil {
		return nil, "", err
	}
	if len(entries) <= limit {
		return entries, "", nil
	}
	return entries[:limit], entries[limit-1].ID, nil
}

// Tally counts what a cause made, and what of it was lifted for a reason.
func (s *Service) Tally(ctx context.Context, c enforcement.Cause, reason string) (t Tally, err error) {
	if err := c.Validate(); err != nil {
		return t, err
	}
	err = s.db.Read.QueryRowContext(ctx, `SELECT COUNT(*),
 COALESCE(SUM(CASE WHEN lifted_at = 0 AND (expires_at = 0 OR expires_at > $6) THEN 1 ELSE 0 END), 0),
 COALESCE(SUM(CASE WHEN lifted_at > 0 AND lift_reason = $7 THEN 1 ELSE 0 END), 0) FROM lists_entries`+causeWhere,
		append(causeArgs(c), sqldb.Millis(s.options.Now()), reason)...).Scan(&t.Entries, &t.Standing, &t.Lifted)
	if err != nil {
		return t, fmt.Errorf("count what rule %s denied: %w", c.Rule, err)
	}
	return t, nil
}

// Forbid keeps a cause from denying again: verdicts of it that are still under
// way, or delivered again, make no entry. Forbidding twice is harmless.
func (s *Service) Forbid(ctx context.Context, c enforcement.Cause, actor, reason string) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if c.To.IsZero() || actor == "" || reason == "" {
		return fmt.Errorf("%w: forbidding needs an end (%v), an actor (%q) and a reason", ErrBadInput, c.To, actor)
	}
	_, err := s.db.Write.ExecContext(ctx, `INSERT INTO lists_undone (site, rule, ruleset, from_ms, to_ms, actor, reason)
 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`, append(causeArgs(c), actor, reason)...)
	if err != nil {
		return fmt.Errorf("forbid what rule %s did: %w", c.Rule, err)
	}
	return nil
}

// LiftEach lifts those of the entries that are not lifted yet, also ended ones:
// what was undone is no earlier offence either. It returns how many it lifted.
func (s *Service) LiftEach(ctx context.Context, entries []Entry, actor, reason string) (lifted int, err error) {
	if actor == "" || reason == "" || len(entries) > MaxPage {
		return 0, fmt.Errorf("%w: lifting needs an actor (%q), a reason, and at most %d entries (%d)",
			ErrBadInput, actor, MaxPage, len(entries))
	}
	if len(entries) == 0 {
		return 0, nil
	}
	now := s.options.Now().UTC().Truncate(time.Millisecond)
	err = s.change(ctx, func(tx *sql.Tx, version int64) ([]enforcement.Target, error) {
		lifted = 0
		var touched []enforcement.Target
		for _, e := range entries {
			present, err := scanEntry(tx.QueryRowContext(ctx, `SELECT `+entryColumns+` FROM lists_entries WHERE id = $1`, e.ID))
			if err != nil {
				return nil, fmt.Errorf("lift %q: %w", e.ID, err)
			}
			if !present.LiftedAt.IsZero() {
				continue
			}
			if err := s.liftAll(ctx, tx, version, []Entry{present}, now, actor, reason); err != nil {
				return nil, err
			}
			lifted++
			touched = append(touched, present.Target)
		}
		return touched, nil
	})
	return lifted, err
}
