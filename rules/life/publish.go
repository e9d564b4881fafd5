package life

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fairgate/rules"
)

// Approve is a second person's word for a proposed version, for its text in
// place of the one in force. With override, the objections that may be
// overridden are set aside for that reason; those that a gate makes only later
// are not.
func (s *Service) Approve(ctx context.Context, ruleset string, number int64, hash, override string, w Word) (Version, error) {
	if err := w.check(); err != nil {
		return Version{}, err
	}
	return s.step(ctx, ruleset, number, hash, func(v *Version) error {
		if v.State != Proposed && v.State != Approved {
			return fmt.Errorf("%w: version %d is %s; only a proposed one is approved", ErrState, number, v.State)
		}
		if v.Wrote(w.By) {
			return fmt.Errorf("%w: %s wrote version %d and cannot approve it", ErrSecondPerson, w.By, number)
		}
		current, err := s.InForce(ctx, ruleset)
		if err != nil {
			return err
		}
		if err := isBase(v, current); err != nil {
			return err
		}
		a := &Approval{By: w.By, At: s.o.Now().UTC(), Hash: v.Hash, Base: v.Base, Reason: w.Reason}
		if override != "" {
			if err := checkReason(override); err != nil {
				return err
			}
			review, err := s.Review(ctx, v, true)
			if err != nil {
				return err
			}
			a.Override = override
			for _, o := range review.Objections {
				if o.Overridable {
					a.Overrides = append(a.Overrides, o)
				}
			}
		}
		v.State, v.Approval = Approved, a
		return nil
	})
}

// isBase refuses a version that was made from another text than the one in
// force: published, it would take back what was published meanwhile.
func isBase(v *Version, current *InForce) error {
	if v.Base != current.Hash {
		return fmt.Errorf("%w: version %d was made from %s, and %s with the hash %s is in force; make the changes on that",
			ErrStale, v.Number, short(v.Base), current.Origin, current.Hash)
	}
	return nil
}

func short(hash string) string { return hash[:min(len(hash), 12)] }

// Publish puts a version in force in place of replaces, the hash of the text
// that the caller saw in force. The whole fleet runs it within seconds.
//
// The error is ErrStale where something else is in force, ErrSecondPerson where
// an approval is missing, and *Refused where a gate objects.
func (s *Service) Publish(ctx context.Context, ruleset string, number int64, replaces string, w Word) (Version, error) {
	if err := w.check(); err != nil {
		return Version{}, err
	}
	v, err := s.Version(ctx, ruleset, number)
	if err != nil {
		return Version{}, err
	}
	if !v.State.Open() {
		return Version{}, fmt.Errorf("%w: version %d is %s", ErrState, number, v.State)
	}
	current, err := s.InForce(ctx, ruleset)
	if err != nil {
		return Version{}, err
	}
	if replaces != current.Hash {
		return Version{}, fmt.Errorf("%w: %s with the hash %s is in force", ErrStale, current.Origin, current.Hash)
	}
	return s.publish(ctx, current, v, w)
}

func (s *Service) publish(ctx context.Context, current *InForce, was Version, w Word) (Version, error) {
	v := was
	if err := isBase(&v, current); err != nil {
		return v, err
	}
	if v.Hash == current.Hash {
		return v, fmt.Errorf("%w: version %d is the text in force; it changes nothing", ErrBadInput, v.Number)
	}
	next, err := s.compile(&v)
	if err != nil {
		return v, err
	}
	changes, err := Diff(current.program.Ruleset(), next.Ruleset())
	if err != nil {
		return v, err
	}
	instant := Instant(changes)
	if !instant && !approved(&v) {
		return v, fmt.Errorf("%w: version %d makes something stronger and is not approved", ErrSecondPerson, v.Number)
	}
	objections, err := s.objections(ctx, current, next, changes, true)
	if err != nil {
		return v, err
	}
	if open := standing(objections, v.Approval); len(open) > 0 {
		return v, fmt.Errorf("version %d: %w", v.Number, &Refused{open})
	}
	now := s.o.Now().UTC()
	v.State, v.Changed, v.Program = Published, now, next.Version()
	v.Publication = &Publication{By: w.By, At: now, Reason: w.Reason, Replaces: current.Hash, Instant: instant}
	p := Publishing{Version: v, Was: was, Replaces: current.Number, Steps: steps(&v, changes), File: current.file}
	var remain []Tightening
	for _, t := range current.Tightenings {
		// What somebody decided about the rule holds; the overlay does not
		// undo a weakening.
		if slices.ContainsFunc(changes, func(c Change) bool { return c.Subject == SubjectRule && c.Name == t.Rule }) {
			p.Ended = append(p.Ended, t.ID)
		} else {
			remain = append(remain, t)
		}
	}
	if p.Programs, err = s.programs(v.Text, remain, now); err != nil {
		return v, err
	}
	return v, s.store.Publish(ctx, p)
}

// approved reports whether a second person agreed to this text in this place.
func approved(v *Version) bool {
	a := v.Approval
	return v.State == Approved && a != nil && a.Hash == v.Hash && a.Base == v.Base && !v.Wrote(a.By)
}

// standing are the objections that nobody set aside.
func standing(objections []Objection, a *Approval) []Objection {
	var out []Objection
	for _, o := range objections {
		if o.Overridable && a != nil && slices.ContainsFunc(a.Overrides, func(x Objection) bool {
			return x.Kind == o.Kind && x.Rule == o.Rule && x.Feature == o.Feature
		}) {
			continue
		}
		out = append(out, o)
	}
	return out
}

// steps are what the publication means for the life of each rule.
func steps(v *Version, changes []Change) []Step {
	var out []Step
	for i := range changes {
		c := &changes[i]
		if c.Subject != SubjectRule {
			continue
		}
		s := Step{
			Ruleset: v.Ruleset, Rule: c.Name, Number: v.Number, Before: c.Before, After: c.After, Effect: c.Effect,
			By: v.Publication.By, Reason: v.Publication.Reason, At: v.Publication.At,
		}
		for _, f := range c.Fields {
			if f.Field != "mode" {
				s.Fields = append(s.Fields, f.Field)
			}
		}
		if v.Approval != nil && !v.Publication.Instant {
			s.Second = v.Approval.By
		}
		out = append(out, s)
	}
	return out
}

// programs are the versions that verdicts will name from now on, as one
// tightening after the other runs out.
func (s *Service) programs(text string, tightenings []Tightening, now time.Time) ([]string, error) {
	moments := []time.Time{now}
	for i := range tightenings {
		moments = append(moments, tightenings[i].Ends)
	}
	slices.SortFunc(moments, time.Time.Compare)
	var out []string
	for _, at := range moments {
		effective, err := Apply([]byte(text), tightenings, at)
		if err != nil {
			return nil, err
		}
		p, err := rules.Load("", effective, s.o.Rules)
		if err != nil {
			return nil, fmt.Errorf("with break-glass over it: %w", err)
		}
		if !slices.Contains(out, p.Version()) {
			out = append(out, p.Version())
		}
	}
	return out, nil
}
