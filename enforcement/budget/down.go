package budget

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"fairgate/ingest/sqldb"
)

// Down is a rule that was turned down.
type Down struct {
	ID      string    `json:"id"`
	Rule    string    `json:"rule"`
	Content string    `json:"content"` // hash of what the rule said
	Owner   string    `json:"owner,omitempty"`
	Ruleset string    `json:"ruleset"` // version that went beyond it
	Since   time.Time `json:"since"`
	Hour    time.Time `json:"hour"` // of the events
	// Used people were blocked by the rule in the hour, Allowed could be, of
	// Active ones.
	Used       int       `json:"used"`
	Allowed    int       `json:"allowed"`
	Active     int       `json:"active"`
	LiftedAt   time.Time `json:"lifted_at,omitzero"`
	LiftedBy   string    `json:"lifted_by,omitempty"`
	LiftReason string    `json:"lift_reason,omitempty"`
}

// rowQuerier is a *sql.DB or *sql.Tx.
type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// usedBy counts what a budget has used since its last lift.
func usedBy(ctx context.Context, q rowQuerier, k budgetKey) (used int, err error) {
	err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM budget_spent WHERE site = $1 AND rule = $2 AND content = $3 AND hour = $4
 AND noted_ms > (SELECT COALESCE(MAX(lifted_ms), 0) FROM budget_down WHERE site = $1 AND rule = $2 AND content = $3)`,
		k.site, k.rule, k.content, k.hour).Scan(&used)
	if err != nil {
		return 0, fmt.Errorf("count the budget of rule %s: %w", k.rule, err)
	}
	return used, nil
}

// activeIn counts the people of an hour or the one before, whichever were more.
func activeIn(ctx context.Context, q rowQuerier, site string, hour int64) (int, error) {
	var now, before int
	err := q.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM budget_active WHERE site = $1 AND hour = $2),
 (SELECT COUNT(*) FROM budget_active WHERE site = $1 AND hour = $3)`, site, hour, hour-1).Scan(&now, &before)
	if err != nil {
		return 0, fmt.Errorf("count the people of an hour: %w", err)
	}
	return max(now, before), nil
}

// allowed is how many of so many active people a rule may block.
func (s *Service) allowed(active int) int {
	return max(s.options.Floor, int(s.options.Share*float64(active)))
}

// judge turns a rule down that is beyond its budget and reports whether that
// was done now.
func (s *Service) judge(ctx context.Context, tx *sql.Tx, k budgetKey, ruleset string) (Down, bool, error) {
	used, err := usedBy(ctx, tx, k)
	if err != nil || used <= s.options.Floor {
		return Down{}, false, err
	}
	active, err := activeIn(ctx, tx, k.site, k.hour)
	if err != nil || used <= s.allowed(active) {
		return Down{}, false, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Down{}, false, fmt.Errorf("make an id: %w", err)
	}
	d := Down{
		ID: id.String(), Rule: k.rule, Content: k.content, Owner: s.contentOf(ruleset, k.rule).owner, Ruleset: ruleset,
		Since: s.options.Now().UTC().Truncate(time.Millisecond), Hour: time.UnixMilli(k.hour * time.Hour.Milliseconds()).UTC(),
		Used: used, Allowed: s.allowed(active), Active: active,
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO budget_down
 (id, site, rule, content, owner, ruleset, since_ms, hour, used, allowed, active, lifted_ms, lifted_by, lift_reason)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, '', '') ON CONFLICT DO NOTHING`,
		d.ID, k.site, d.Rule, d.Content, d.Owner, d.Ruleset, sqldb.Millis(d.Since), k.hour, d.Used, d.Allowed, d.Active)
	if err != nil {
		return Down{}, false, fmt.Errorf("turn rule %s down: %w", k.rule, err)
	}
	n, err := result.RowsAffected()
	return d, n > 0, err
}

// Lift lets a rule that was turned down act again. Its owner, then and now, and
// those whom Options.Makers names cannot (ErrOwner). The budget begins anew.
func (s *Service) Lift(ctx context.Context, rule, actor, reason string) (Down, error) {
	if rule == "" || actor == "" || reason == "" {
		return Down{}, fmt.Errorf("%w: lifting needs a rule (%q), an actor (%q) and a reason", ErrBadInput, rule, actor)
	}
	var d Down
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		downs, owner, err := s.inForce(ctx, tx, rule)
		if err != nil {
			return err
		}
		for _, d = range downs {
			if err := s.mayLift(ctx, d, owner, actor); err != nil {
				return err
			}
			d.LiftedAt, d.LiftedBy, d.LiftReason = s.options.Now().UTC().Truncate(time.Millisecond), actor, reason
			_, err = tx.ExecContext(ctx, `UPDATE budget_down SET lifted_ms = $1, lifted_by = $2, lift_reason = $3 WHERE id = $4`,
				sqldb.Millis(d.LiftedAt), actor, reason, d.ID)
			if err != nil {
				return fmt.Errorf("lift rule %s: %w", rule, err)
			}
		}
		return nil
	})
	return d, err
}

// mayLift is nil for who neither owns the rule nor made it what it was.
func (s *Service) mayLift(ctx context.Context, d Down, owner, actor string) error {
	barred := []string{d.Owner, owner}
	if s.options.Makers != nil {
		makers, err := s.options.Makers(ctx, d.Ruleset, d.Rule)
		if err != nil {
			return fmt.Errorf("ask who made rule %s: %w", d.Rule, err)
		}
		barred = append(barred, makers...)
	}
	if slices.Contains(barred, actor) {
		return fmt.Errorf("lift rule %s: %w", d.Rule, ErrOwner)
	}
	return nil
}

// inForce finds what turns a rule down now, with who owns the rule now.
func (s *Service) inForce(ctx context.Context, tx *sql.Tx, rule string) (downs []Down, owner string, err error) {
	err = each(ctx, tx, func(rows *sql.Rows) error {
		d, err := scanDown(rows, &owner)
		downs = append(downs, d)
		return err
	}, `SELECT `+downColumns+`, COALESCE(r.owner, '')`+downInForce+` AND d.rule = $2 ORDER BY d.id`, s.site, rule)
	switch {
	case err != nil:
		return nil, "", fmt.Errorf("look for rule %s: %w", rule, err)
	case len(downs) == 0:
		return nil, "", fmt.Errorf("rule %q: %w", rule, ErrNotDown)
	}
	return downs, owner, nil
}

const downColumns = `d.id, d.rule, d.content, d.owner, d.ruleset, d.since_ms, d.hour, d.used, d.allowed, d.active,
 d.lifted_ms, d.lifted_by, d.lift_reason`

// downInForce is what a site's rules are turned down by: rows whose content is
// the rule's present one, or of which no present rule is known.
const downInForce = ` FROM budget_down d LEFT JOIN budget_rules r ON r.site = d.site AND r.rule = d.rule
 WHERE d.site = $1 AND d.lifted_ms = 0 AND (r.content IS NULL OR d.content = '' OR d.content = r.content)`

func scanDown(rows *sql.Rows, more ...any) (Down, error) {
	var d Down
	var since, hour, lifted int64
	err := rows.Scan(append([]any{
		&d.ID, &d.Rule, &d.Content, &d.Owner, &d.Ruleset, &since, &hour, &d.Used, &d.Allowed, &d.Active,
		&lifted, &d.LiftedBy, &d.LiftReason,
	}, more...)...)
	if err != nil {
		return d, errors.Join(errors.New("read a rule that is turned down"), err)
	}
	d.Since, d.LiftedAt = sqldb.Time(since), sqldb.Time(lifted)
	d.Hour = time.UnixMilli(hour * time.Hour.Milliseconds()).UTC()
	return d, nil
}
