package life

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"fairgate/rules"
)

// earlier is how many of the newest versions are looked at for a rule that is
// not in force.
const earlier = 50

// HasRule looks for a rule or score band by its id: in what is in force, and in
// shadow, as a canary or live in any published version and in the newest others
// that were not rejected. The error is ErrNotFound where there is none, and
// names one that is close.
func (s *Service) HasRule(ctx context.Context, ruleset, id string) error {
	current, err := s.InForce(ctx, ruleset)
	if err != nil {
		return err
	}
	known := idsOf(current.Effective.Ruleset(), false)
	if slices.Contains(known, id) {
		return nil
	}
	steps, err := s.Steps(ctx, ruleset, id)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(steps, func(step Step) bool { return step.Before.Active() || step.After.Active() }) {
		return nil
	}
	versions, err := s.List(ctx, ruleset, 0, earlier)
	if err != nil {
		return err
	}
	for _, v := range append(versions, Version{}) { // the last is the shipped document
		if v.State == Rejected {
			continue
		}
		text, err := s.text(ctx, ruleset, v.Number)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		document, err := rules.Decode("", []byte(text))
		if err != nil {
			continue // a draft need not be whole
		}
		ids := idsOf(document, true)
		if slices.Contains(ids, id) {
			return nil
		}
		known = append(known, ids...)
	}
	return fmt.Errorf("%w: %q is no rule or score band of %s%s", ErrNotFound, id, ruleset, rules.DidYouMean(id, known))
}

// idsOf lists the rules and bands of a document, or those that are evaluated.
func idsOf(document *rules.Ruleset, active bool) []string {
	var ids []string
	for i := range document.Rules {
		if r := &document.Rules[i]; !active || r.Mode == "" || r.Mode.Active() {
			ids = append(ids, r.ID)
		}
	}
	for i := range document.Bands {
		if b := &document.Bands[i]; !active || b.Mode == "" || b.Mode.Active() {
			ids = append(ids, b.ID)
		}
	}
	return ids
}
