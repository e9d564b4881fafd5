package warmup

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fairgate/rules"
	"fairgate/rules/life"
	"fairgate/scoring"
)

// Gate objects to rules that would begin to act on features that have not seen
// their window. A rule that acts already, on the same definition, is not
// objected to again, so that an unrelated change can always be published. No
// person can override it: the way is to wait in shadow, or to backfill.
type Gate struct {
	store Store
	now   func() time.Time
}

var _ life.Gate = (*Gate)(nil)

// NewGate returns a Gate; now may be nil for the system's clock.
func NewGate(store Store, now func() time.Time) *Gate {
	if now == nil {
		now = time.Now
	}
	return &Gate{store: store, now: now}
}

// Check lists an objection for each rule and feature. Without a current program
// nothing was ever in use, and nothing is objected to (see the package).
func (g *Gate) Check(ctx context.Context, current, next *rules.Program) ([]life.Objection, error) {
	if current == nil || next == nil {
		return nil, nil
	}
	records, err := g.store.Records(ctx)
	if err != nil {
		return nil, fmt.Errorf("warm-up of features: %w", err)
	}
	if len(records) == 0 { // nothing has counted yet
		return nil, nil
	}
	states := map[string]State{}
	for _, s := range States(next, records, g.now()) {
		states[s.Name] = s
	}
	var out []life.Objection
	for _, rule := range acting(next) {
		known := definitions(current, rule)
		for _, f := range next.FeaturesOf(rule) {
			s := states[f.Name]
			if f.Aggregate == rules.AggRatio || s.Warm || slices.Contains(known, s.Definition) {
				continue // a ratio's parts are looked at themselves
			}
			out = append(out, objection(rule, &s))
		}
	}
	return out, nil
}

// acting lists the rules that act, for all or for a share.
func acting(p *rules.Program) []string {
	var out []string
	all := p.Ruleset().Rules
	for i := range all {
		if all[i].Mode == rules.ModeLive || all[i].Mode == rules.ModeCanary {
			out = append(out, all[i].ID)
		}
	}
	return out
}

// definitions are what the rule reads, where it acts in that program.
func definitions(p *rules.Program, rule string) []string {
	var out []string
	if slices.Contains(acting(p), rule) {
		for _, f := range p.FeaturesOf(rule) {
			out = append(out, scoring.Definition(f))
		}
	}
	return out
}

func objection(rule string, s *State) life.Objection {
	o := life.Objection{Kind: life.ObjectionWarming, Rule: rule, Feature: s.Name, Until: s.Until}
	if !s.Counted {
		o.Text = fmt.Sprintf("rule %s reads %s, which is not counted yet: publish the rule in shadow first; the feature is warm %s after that, or once it is backfilled",
			rule, s.Name, s.Window)
		return o
	}
	o.Text = fmt.Sprintf("rule %s reads %s, which is warming until %s: its window is %s and it is counted since %s; backfill it or wait",
		rule, s.Name, s.Until.UTC().Format(time.RFC3339), s.Window, s.Since.UTC().Format(time.RFC3339))
	return o
}
