package withdrawals

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

// MaxPage is the largest page of Caused and Accounts.
const MaxPage = 500

// ErrBadInput is wrapped where a request misses a field.
var ErrBadInput = errors.New("bad withdrawal request")

// causeWhere selects the sweeps s of a cause; its parameters are causeArgs, $1
// to $5.
const causeWhere = `s.site = $1 AND s.rule = $2 AND ($3 = '' OR s.ruleset = $3) AND s.at >= $4 AND s.at <= $5`

func causeArgs(c enforcement.Cause) []any {
	to := int64(math.MaxInt64)
	if !c.To.IsZero() {
		to = sqldb.Millis(c.To)
	}
	return []any{c.Site, c.Rule, c.Ruleset, sqldb.Millis(c.From), to}
}

func checkPage(c enforcement.Cause, limit int) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if limit < 1 || limit > MaxPage {
		return fmt.Errorf("%w: limit %d, want 1 to %d", ErrBadInput, limit, MaxPage)
	}
	return nil
}

// Caused lists the orders that a cause took back or tried to, the oldest
// first, and the cursor of the next page, empty after the last.
func (s *Service) Caused(ctx context.Context, c enforcement.Cause, cursor string, limit int) ([]Withdrawal, string, error) {
	if err := checkPage(c, limit); err != nil {
		return nil, "", err
	}
	list, err := s.query(ctx, `SELECT `+withdrawalColumns+`WHERE `+causeWhere+` AND w.id > $6 ORDER BY w.id LIMIT $7`,
		append(causeArgs(c), cursor, limit+1)...)
	if err != nil || len(list) <= limit {
		return list, "", err
	}
	return list[:limit], list[limit-1].ID, nil
}

// Count counts those orders by state.
func (s *Service) Count(ctx context.Context, c enforcement.Cause) (counts map[State]int, err error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	counts = map[State]int{}
	rows, err := s.db.Read.QueryContext(ctx, `SELECT w.state, COUNT(*) FROM withdrawals w JOIN sweeps s ON s.id = w.sweep_id
 WHERE `+causeWhere+` GROUP BY w.state`, causeArgs(c)...)
	if err != nil {
		return nil, fmt.Errorf("count withdrawals: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var state State
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, fmt.Errorf("count withdrawals: %w", err)
		}
		counts[state] = n
	}
	return counts, rows.Err()
}

// Accounts lists the accounts that a cause was to take orders back from, in
// order; the last is the cursor of the next page.
func (s *Service) Accounts(ctx context.Context, c enforcement.Cause, cursor string, limit int) (accounts []string, err error) {
	if err := checkPage(c, limit); err != nil {
		return nil, err
	}
	rows, err := s.db.Read.QueryContext(ctx, `SELECT DISTINCT s.account FROM sweeps s WHERE `+causeWhere+
		` AND s.account > $6 ORDER BY s.account LIMIT $7`, append(causeArgs(c), cursor, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list whose orders were withdrawn: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var a string
		if err := rows.Scan(&a); err != nil {
			return nil, fmt.Errorf("list whose orders were withdrawn: %w", err)
		}
		accounts = append(accounts, a)
	}
	return accounts, rows.Err()
}

// UndoCaused gives back what a cause took from an account, and forgets its
// sweeps that are still due. It returns how many orders are to be given back;
// Run does that, and the booking system tells who booked. A repeat does nothing.
func (s *Service) UndoCaused(ctx context.Context, c enforcement.Cause, account, actor, reason string) (int, error) {
	if err := c.Validate(); err != nil {
		return 0, err
	}
	if account == "" || actor == "" || reason == "" {
		return 0, fmt.Errorf("%w: undoing needs an account, an actor (%q) and a reason", ErrBadInput, actor)
	}
	of := append(causeArgs(c), account)
	return s.giveBack(ctx, "a rule",
		sqldb.Do(`UPDATE sweeps SET state = 'undone' WHERE id IN (SELECT s.id FROM sweeps s WHERE `+causeWhere+` AND s.account = $6)`, of...),
		sqldb.Do(`UPDATE withdrawals
 SET state = 'reinstating', actor = $7, reason = $8, attempts = 0, next_at = 0, updated_at = $9
 WHERE state = 'withdrawn' AND sweep_id IN (SELECT s.id FROM sweeps s WHERE `+causeWhere+` AND s.account = $6)`,
			slices.Concat(of, []any{actor, reason, sqldb.Millis(s.options.Now())})...))
}
