package life

import (
	"context"
	"fmt"
	"slices"

	"fairgate/rules"
)

// maxEditors bounds who can have changed one version; the next begins another.
const maxEditors = 32

// Text is what somebody writes: a document, and the hash of what it is to
// replace (InForce.Hash as its author saw it).
type Text struct {
	YAML string
	Base string
}

func (t Text) check() error {
	switch {
	case t.YAML == "":
		return fmt.Errorf("%w: the text is empty", ErrBadInput)
	case len(t.YAML) > rules.MaxSize:
		return fmt.Errorf("%w: the text has %d bytes, at most %d are read", ErrBadInput, len(t.YAML), rules.MaxSize)
	case len(t.Base) != len(HashOf(nil)):
		return fmt.Errorf("%w: base must be the hash of the text that this one is to replace, 64 hexadecimal digits", ErrBadInput)
	}
	return nil
}

// Create begins a draft. A text that does not compile is kept, so that nobody
// loses work; Review says what is wrong with it.
func (s *Service) Create(ctx context.Context, ruleset string, t Text, w Word) (Version, error) {
	if err := joined(checkName(ruleset), t.check(), w.check()); err != nil {
		return Version{}, err
	}
	if _, err := s.InForce(ctx, ruleset); err != nil {
		return Version{}, err
	}
	now := s.o.Now().UTC()
	return s.store.Insert(ctx, Version{
		Ruleset: ruleset, State: Draft, Hash: HashOf([]byte(t.YAML)), Program: s.programOf(t.YAML), Base: t.Base,
		Author: w.By, Reason: w.Reason, Text: t.YAML, Created: now, Changed: now,
	})
}

// programOf is the version that verdicts would name, or nothing.
func (s *Service) programOf(text string) string {
	p, err := rules.Load("", []byte(text), s.o.Rules)
	if err != nil {
		return ""
	}
	return p.Version()
}

// Edit replaces the text of an open version, which hash names as the caller
// read it. The version is a draft again and its approval void, and whoever
// edits it can no longer approve it.
func (s *Service) Edit(ctx context.Context, ruleset string, number int64, hash string, t Text, w Word) (Version, error) {
	if err := joined(t.check(), w.check()); err != nil {
		return Version{}, err
	}
	return s.step(ctx, ruleset, number, hash, func(v *Version) error {
		if !v.Wrote(w.By) {
			if len(v.Editors) >= maxEditors {
				return fmt.Errorf("%w: version %d has %d editors already; begin another", ErrBadInput, number, maxEditors)
			}
			v.Editors = append(slices.Clone(v.Editors), w.By)
		}
		v.State, v.Approval, v.Reason = Draft, nil, w.Reason
		v.Text, v.Hash, v.Base, v.Program = t.YAML, HashOf([]byte(t.YAML)), t.Base, s.programOf(t.YAML)
		return nil
	})
}

// Propose asks for approval. The text has to compile, and where it makes
// something stronger no gate may bar its proposal; the error is *Refused then.
func (s *Service) Propose(ctx context.Context, ruleset string, number int64, hash string, w Word) (Version, error) {
	if err := w.check(); err != nil {
		return Version{}, err
	}
	return s.step(ctx, ruleset, number, hash, func(v *Version) error {
		if v.State != Draft {
			return fmt.Errorf("%w: version %d is %s; only a draft is proposed", ErrState, number, v.State)
		}
		if err := s.mayPropose(ctx, v); err != nil {
			return err
		}
		v.State, v.Reason = Proposed, w.Reason
		return nil
	})
}

// mayPropose refuses a text that does not compile or that a gate bars.
func (s *Service) mayPropose(ctx context.Context, v *Version) error {
	if _, err := s.compile(v); err != nil {
		return err
	}
	review, err := s.Review(ctx, v, true)
	if err != nil || review.Instant {
		return err
	}
	var bars []Objection
	for _, o := range review.Objections {
		if o.Bars {
			bars = append(bars, o)
		}
	}
	if len(bars) > 0 {
		return fmt.Errorf("version %d: %w", v.Number, &Refused{bars})
	}
	return nil
}

// Reject ends a version without publication. Anybody may, its author too.
func (s *Service) Reject(ctx context.Context, ruleset string, number int64, hash string, w Word) (Version, error) {
	if err := w.check(); err != nil {
		return Version{}, err
	}
	return s.step(ctx, ruleset, number, hash, func(v *Version) error {
		v.State, v.Approval = Rejected, nil
		v.Rejection = &Rejection{By: w.By, At: s.o.Now().UTC(), Reason: w.Reason}
		return nil
	})
}

// step changes an open version that is still as the caller saw it.
func (s *Service) step(ctx context.Context, ruleset string, number int64, hash string, change func(*Version) error) (Version, error) {
	was, err := s.open(ctx, ruleset, number, hash)
	if err != nil {
		return Version{}, err
	}
	v := was
	if err := change(&v); err != nil {
		return Version{}, err
	}
	v.Changed = s.o.Now().UTC()
	return v, s.store.Save(ctx, was, v)
}

// open reads a version that can still be changed and has this hash.
func (s *Service) open(ctx context.Context, ruleset string, number int64, hash string) (Version, error) {
	v, err := s.Version(ctx, ruleset, number)
	switch {
	case err != nil:
		return v, err
	case !v.State.Open():
		return v, fmt.Errorf("%w: version %d is %s", ErrState, number, v.State)
	case v.Hash != hash:
		return v, fmt.Errorf("%w: version %d has the hash %s now", ErrStale, number, v.Hash)
	}
	return v, nil
}

// compile is the program of a version; its problems name lines and fields.
func (s *Service) compile(v *Version) (*rules.Program, error) {
	p, err := rules.Load("", []byte(v.Text), s.o.Rules)
	if err != nil {
		return nil, fmt.Errorf("version %d: %w", v.Number, err)
	}
	return p, nil
}

// joined is the first error: what comes after would only repeat it.
func joined(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
