package life

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Tighten is break-glass: from now on, for an hour, the rule is live and
// challenges. One person decides alone; the same person cannot do it again for
// the same rule within a day, another can.
//
// The error is ErrState where the rule acts as sharply already, is retired, or
// is tightened at present, and ErrSecondPerson for the same person again.
func (s *Service) Tighten(ctx context.Context, ruleset, rule string, w Word) (Tightening, error) {
	if err := w.check(); err != nil {
		return Tightening{}, err
	}
	current, err := s.InForce(ctx, ruleset)
	if err != nil {
		return Tightening{}, err
	}
	if err := s.tightenable(ctx, current, rule, w.By); err != nil {
		return Tightening{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Tightening{}, fmt.Errorf("name a tightening: %w", err)
	}
	now := s.o.Now().UTC().Truncate(time.Millisecond)
	t := Tightening{ID: id.String(), Ruleset: ruleset, Rule: rule, By: w.By, Reason: w.Reason, Begun: now, Ends: now.Add(BreakGlass)}
	programs, err := s.programs(current.Text, append(current.Tightenings, t), now)
	if err != nil {
		return Tightening{}, err
	}
	return t, s.store.Begin(ctx, t, programs)
}

func (s *Service) tightenable(ctx context.Context, current *InForce, rule, by string) error {
	r := ruleOf(current.program.Ruleset(), rule)
	switch {
	case r == nil:
		return fmt.Errorf("%w: there is no rule %q", ErrNotFound, clip(rule))
	case !tightens(r):
		return fmt.Errorf("%w: rule %q is %s with action %s; break-glass tightens to challenge only, and a retired rule returns through shadow",
			ErrState, rule, r.Mode, r.Action)
	case len(current.Tightenings) >= maxTightenings:
		return fmt.Errorf("%w: %d rules are tightened already; publish a version instead", ErrState, maxTightenings)
	}
	recent, err := s.store.Tightened(ctx, current.Ruleset, s.o.Now().Add(-renewal))
	if err != nil {
		return err
	}
	for i := range recent {
		t := &recent[i]
		switch {
		case t.Rule != rule:
			continue
		case t.Running(s.o.Now()):
			return fmt.Errorf("%w: rule %q is tightened until %s", ErrState, rule, t.Ends.Format(time.RFC3339))
		case t.By == by:
			return fmt.Errorf("%w: %s tightened rule %q at %s and cannot do so again within a day",
				ErrSecondPerson, by, rule, t.Begun.Format(time.RFC3339))
		}
		return nil // somebody else was the last
	}
	return nil
}

// Loosen ends a tightening before its time. Anybody may: it weakens.
func (s *Service) Loosen(ctx context.Context, ruleset, id string, w Word) (Tightening, error) {
	if err := joined(checkName(ruleset), w.check()); err != nil {
		return Tightening{}, err
	}
	t, ended, err := s.store.End(ctx, ruleset, id, s.o.Now().UTC(), w.By, w.Reason)
	if err == nil && !ended {
		err = fmt.Errorf("%w: the tightening of rule %q is over since %s", ErrState, t.Rule, t.Ended.Format(time.RFC3339))
	}
	return t, err
}

// RunOut records the tightenings that ran out and gives each to one caller
// only, for the audit log. They ended without it. It is to be called every few
// seconds.
func (s *Service) RunOut(ctx context.Context, ruleset string) ([]Tightening, error) {
	live, err := s.store.Live(ctx, ruleset)
	if err != nil {
		return nil, fmt.Errorf("look for tightenings that ran out: %w", err)
	}
	var out []Tightening
	for i := range live.Tightenings {
		t := &live.Tightenings[i]
		if t.Running(s.o.Now()) {
			continue
		}
		ended, first, err := s.store.End(ctx, ruleset, t.ID, t.Ends, "", "")
		if err != nil {
			return out, err
		}
		if first {
			out = append(out, ended)
		}
	}
	return out, nil
}

// Tightened lists the break-glass of the last days, the newest first.
func (s *Service) Tightened(ctx context.Context, ruleset string, since time.Time) ([]Tightening, error) {
	if err := checkName(ruleset); err != nil {
		return nil, err
	}
	return s.store.Tightened(ctx, ruleset, since)
}
