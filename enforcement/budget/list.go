package budget

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// State is how a rule stands to its budget.
type State string

// States of a budget.
const (
	StateOpen State = "open" // the rule blocks
	StateDown State = "down" // it went beyond its budget and only challenges
	// StateSuperseded: it was turned down for what it said before; what it says
	// now blocks.
	StateSuperseded State = "superseded"
)

// Valid reports whether s is a known state.
func (s State) Valid() bool { return s == StateOpen || s == StateDown || s == StateSuperseded }

// Budget is how one rule stands in the present hour.
type Budget struct {
	Rule  string `json:"rule"`
	Owner string `json:"owner,omitempty"`
	State State  `json:"state"`
	// Hour is the hour that the figures are of. Used people were blocked by the
	// rule in it, since its last lift; Allowed may be, of Active ones.
	Hour    time.Time `json:"hour"`
	Used    int       `json:"used"`
	Allowed int       `json:"allowed"`
	Active  int       `json:"active"`
	// Down is why and since when it only challenges; nil where it does not.
	Down *Down `json:"down,omitempty"`
	// Before lists how often the rule was turned down and lifted again, the
	// latest first, at most 20.
	Before []Down `json:"before,omitempty"`
}

// maxBefore is how many earlier turnings-down a Budget lists.
const maxBefore = 20

// List gives the budgets of the rules that block, and of those that are or were
// turned down, by rule.
func (s *Service) List(ctx context.Context) ([]Budget, error) {
	contents, byRule, err := s.rulesInUse(ctx)
	if err != nil {
		return nil, err
	}
	err = each(ctx, s.db.Read, func(rows *sql.Rows) error {
		d, err := scanDown(rows)
		if err != nil {
			return err
		}
		b := byRule[d.Rule]
		if b == nil {
			b = &Budget{Rule: d.Rule, Owner: d.Owner, State: StateOpen}
			byRule[d.Rule] = b
		}
		present, known := contents[d.Rule]
		switch {
		case !d.LiftedAt.IsZero():
			if len(b.Before) < maxBefore {
				b.Before = append(b.Before, d)
			}
		case !known || d.Content == "" || d.Content == present:
			b.State, b.Down = StateDown, &d
		case b.State != StateDown:
			b.State, b.Down = StateSuperseded, &d
		}
		return nil
	}, `SELECT `+downColumns+` FROM budget_down d WHERE d.site = $1 ORDER BY d.id DESC LIMIT 1000`, s.site)
	if err != nil {
		return nil, fmt.Errorf("list budgets: %w", err)
	}
	hour := hourOf(s.options.Now())
	used, active, err := s.hour(ctx, hour)
	if err != nil {
		return nil, err
	}
	out := make([]Budget, 0, len(byRule))
	for rule, b := range byRule {
		content := contents[rule]
		if b.State == StateDown {
			content = b.Down.Content
		}
		b.Hour = time.UnixMilli(hour * time.Hour.Milliseconds()).UTC()
		b.Used, b.Active, b.Allowed = used[[2]string{rule, content}], active, s.allowed(active)
		out = append(out, *b)
	}
	slices.SortFunc(out, func(a, b Budget) int { return cmp.Compare(a.Rule, b.Rule) })
	return out, nil
}

// rulesInUse reads the contents of all rules in use, and begins the budgets of
// those that block.
func (s *Service) rulesInUse(ctx context.Context) (map[string]string, map[string]*Budget, error) {
	contents, byRule := map[string]string{}, map[string]*Budget{}
	err := each(ctx, s.db.Read, func(rows *sql.Rows) error {
		var rule, content, owner string
		var blocks int
		if err := rows.Scan(&rule, &content, &owner, &blocks); err != nil {
			return err
		}
		contents[rule] = content
		if blocks != 0 {
			byRule[rule] = &Budget{Rule: rule, Owner: owner, State: StateOpen}
		}
		return nil
	}, `SELECT rule, content, owner, blocks FROM budget_rules WHERE site = $1`, s.site)
	if err != nil {
		return nil, nil, fmt.Errorf("read the rules in use: %w", err)
	}
	return contents, byRule, nil
}

// hour counts what was used in an hour, by rule and content, and its people.
func (s *Service) hour(ctx context.Context, hour int64) (used map[[2]string]int, active int, err error) {
	used = map[[2]string]int{}
	err = each(ctx, s.db.Read, func(rows *sql.Rows) error {
		var key [2]string
		var n int
		err := rows.Scan(&key[0], &key[1], &n)
		used[key] = n
		return err
	}, `SELECT s.rule, s.content, COUNT(*) FROM budget_spent s WHERE s.site = $1 AND s.hour = $2 AND s.noted_ms >
 (SELECT COALESCE(MAX(d.lifted_ms), 0) FROM budget_down d WHERE d.site = s.site AND d.rule = s.rule AND d.content = s.content)
 GROUP BY s.rule, s.content`, s.site, hour)
	if err != nil {
		return nil, 0, fmt.Errorf("count what budgets have used: %w", err)
	}
	active, err = activeIn(ctx, s.db.Read, s.site, hour)
	return used, active, err
}
