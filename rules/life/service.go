package life

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairgate/rules"
	"fairgate/rules/source"
)

// DefaultObserve is how long a rule is to be in shadow before it acts.
const DefaultObserve = time.Hour

// Options tune a Service. The zero value is usable.
type Options struct {
	// Gates are asked before a publication that makes something stronger, after
	// those of this package.
	Gates Gates
	// Rules are those that the fleet compiles with.
	Rules rules.Options
	// Observe is how long a rule is to be in shadow before it acts. Negative:
	// any time will do.
	Observe time.Duration
	Now     func() time.Time
}

// Service is the life of rulesets. It is safe for concurrent use, also by
// several processes on one store.
type Service struct {
	store   Store
	shipped source.Source
	o       Options
	lint    Lint
}

// New returns the Service. shipped has the documents that are in force where
// nothing was published.
func New(store Store, shipped source.Source, o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Observe == 0 {
		o.Observe = DefaultObserve
	}
	return &Service{store: store, shipped: shipped, o: o}
}

// Word is in whose name something is done, and why.
type Word struct {
	By, Reason string
	// Weakens: ChangeRule and Return, which propose what makes something
	// stronger, refuse that with ErrSecondPerson instead.
	Weakens bool
}

func (w Word) check() error { return errors.Join(checkPerson(w.By), checkReason(w.Reason)) }

// InForce is what a ruleset's processes run.
type InForce struct {
	Ruleset string `json:"ruleset"`
	// Hash is that of the published text, or of the shipped one.
	Hash string `json:"hash"`
	// Program is the version that verdicts name, tightenings included.
	Program string `json:"program"`
	// Number of the version; 0: the shipped document, found at Origin.
	Number int64  `json:"number"`
	Origin string `json:"origin,omitempty"`
	// Text is the published text, without tightenings.
	Text        string       `json:"text,omitempty"`
	Tightenings []Tightening `json:"tightenings,omitempty"` // that run
	// Effective is the compiled document with the tightenings.
	Effective *rules.Program `json:"-"`

	program *rules.Program // of Text
	version *Version
	file    string // hash of the shipped document; empty: there is none
}

// InForce reads what the ruleset's processes run.
func (s *Service) InForce(ctx context.Context, ruleset string) (*InForce, error) {
	if err := checkName(ruleset); err != nil {
		return nil, err
	}
	out := &InForce{Ruleset: ruleset}
	document, err := s.document(ctx, ruleset)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	live, liveErr := s.store.Live(ctx, ruleset)
	if liveErr != nil {
		return nil, fmt.Errorf("read what is in force of %q: %w", ruleset, liveErr)
	}
	if err == nil {
		out.file = HashOf(document.Data)
	}
	switch {
	case live.Version != nil:
		out.version = live.Version
		out.Number, out.Text, out.Origin = live.Version.Number, live.Version.Text, fmt.Sprintf("version %d", live.Version.Number)
	case err != nil:
		return nil, err
	default:
		out.Text, out.Origin = string(document.Data), document.Origin
	}
	out.Hash = HashOf([]byte(out.Text))
	if out.program, err = rules.Load(out.Origin, []byte(out.Text), s.o.Rules); err != nil {
		return nil, fmt.Errorf("ruleset %q, %s: %w", ruleset, out.Origin, err)
	}
	return out, s.tightened(out, live.Tightenings)
}

// tightened fills in what runs over the published text.
func (s *Service) tightened(f *InForce, all []Tightening) error {
	f.Effective, f.Program = f.program, f.program.Version()
	now := s.o.Now()
	for i := range all {
		if all[i].Running(now) {
			f.Tightenings = append(f.Tightenings, all[i])
		}
	}
	if len(f.Tightenings) == 0 {
		return nil
	}
	text, err := Apply([]byte(f.Text), f.Tightenings, now)
	if err == nil {
		f.Effective, err = rules.Load(f.Origin, text, s.o.Rules)
	}
	if err != nil {
		return fmt.Errorf("ruleset %q with its tightenings: %w", f.Ruleset, err)
	}
	f.Program = f.Effective.Version()
	return nil
}

// document is the shipped one of this name. The error is ErrNotFound.
func (s *Service) document(ctx context.Context, ruleset string) (source.Document, error) {
	documents, err := s.shipped.Load(ctx)
	for _, d := range documents {
		if d.Name == ruleset {
			return d, nil
		}
	}
	if err != nil {
		return source.Document{}, fmt.Errorf("read the shipped rulesets: %w", err)
	}
	return source.Document{}, fmt.Errorf("%w: there is no ruleset %q", ErrNotFound, ruleset)
}

// Names lists the rulesets that there are.
func (s *Service) Names(ctx context.Context) ([]string, error) {
	documents, err := s.shipped.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the shipped rulesets: %w", err)
	}
	names := make([]string, len(documents))
	for i, d := range documents {
		names[i] = d.Name
	}
	return names, nil
}

// Version reads one version with its text.
func (s *Service) Version(ctx context.Context, ruleset string, number int64) (Version, error) {
	if err := checkName(ruleset); err != nil {
		return Version{}, err
	}
	return s.store.Version(ctx, ruleset, number)
}

// MaxList is how many versions List gives at once.
const MaxList = 200

// List reads the versions before a number (0: all), the newest first, without
// their texts.
func (s *Service) List(ctx context.Context, ruleset string, before int64, limit int) ([]Version, error) {
	if err := checkName(ruleset); err != nil {
		return nil, err
	}
	if limit < 1 || limit > MaxList || before < 0 {
		return nil, fmt.Errorf("%w: limit %d must be from 1 to %d, before %d at least 0", ErrBadInput, limit, MaxList, before)
	}
	return s.store.List(ctx, ruleset, before, limit)
}
