package life

import (
	"context"
	"errors"
	"fmt"

	"fairgate/rules"
)

// tries is how often a change of one rule is made again on what was published
// meanwhile.
const tries = 3

// ChangeRule makes a version of the text in force with one rule changed. Where
// that makes nothing stronger it is published at once; otherwise it is proposed
// and waits for a second person. Several people changing rules at the same time
// do not stand in each other's way.
func (s *Service) ChangeRule(ctx context.Context, ruleset, rule string, p Patch, w Word) (Version, error) {
	if err := w.check(); err != nil {
		return Version{}, err
	}
	for try := 1; ; try++ {
		v, err := s.changeRule(ctx, ruleset, rule, p, w)
		if !errors.Is(err, ErrStale) || try == tries {
			return v, err
		}
	}
}

func (s *Service) changeRule(ctx context.Context, ruleset, rule string, p Patch, w Word) (Version, error) {
	current, err := s.InForce(ctx, ruleset)
	if err != nil {
		return Version{}, err
	}
	text, err := Edit([]byte(current.Text), rule, p)
	if err != nil {
		return Version{}, err
	}
	return s.putForward(ctx, current, string(text), w)
}

// Return makes a version with the text of an earlier one (0: the shipped
// document). It is published at once where that makes nothing stronger, and
// proposed otherwise.
func (s *Service) Return(ctx context.Context, ruleset string, number int64, w Word) (Version, error) {
	if err := w.check(); err != nil {
		return Version{}, err
	}
	current, err := s.InForce(ctx, ruleset)
	if err != nil {
		return Version{}, err
	}
	text, err := s.text(ctx, ruleset, number)
	if err != nil {
		return Version{}, err
	}
	return s.putForward(ctx, current, text, w)
}

// putForward writes a version on what is in force, and publishes it where one
// person may.
func (s *Service) putForward(ctx context.Context, current *InForce, text string, w Word) (Version, error) {
	now := s.o.Now().UTC()
	v := Version{
		Ruleset: current.Ruleset, State: Proposed, Hash: HashOf([]byte(text)), Program: s.programOf(text), Base: current.Hash,
		Author: w.By, Reason: w.Reason, Text: text, Created: now, Changed: now,
	}
	if v.Hash == current.Hash {
		return Version{}, fmt.Errorf("%w: this is what is in force; it changes nothing", ErrBadInput)
	}
	next, err := s.compile(&v)
	if err != nil {
		return Version{}, err
	}
	if w.Weakens {
		if err := onlyWeaker(current, next); err != nil {
			return Version{}, err
		}
	}
	v, err = s.store.Insert(ctx, v)
	if err != nil {
		return Version{}, err
	}
	published, err := s.publish(ctx, current, v, w)
	switch {
	case err == nil:
		return published, nil
	case errors.Is(err, ErrSecondPerson):
		return v, nil
	}
	rejected := v
	rejected.State = Rejected
	rejected.Rejection = &Rejection{By: w.By, At: now, Reason: "It could not be published."}
	return Version{}, errors.Join(err, s.store.Save(ctx, v, rejected))
}

// onlyWeaker refuses what makes anything stronger than it is in force.
func onlyWeaker(current *InForce, next *rules.Program) error {
	changes, err := Diff(current.program.Ruleset(), next.Ruleset())
	if err != nil {
		return err
	}
	if !Instant(changes) {
		return fmt.Errorf("%w: this makes something stronger, which who writes rules puts forward", ErrSecondPerson)
	}
	return nil
}
