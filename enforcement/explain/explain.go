// Package explain says of one event what was seen, judged and done, so that an
// operator can answer for it: the decision, every rule that fired with its
// condition and the values it saw, marks and list entries, shadow hits, what
// the edge did, and what followed.
//
// It owns the explanation's shape and its wording in Chinese and English. It
// keeps nothing: the event comes from the ledger, the rules from the version
// that judged it. It is for operators, never for visitors.
package explain

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
)

// Errors of Explain.
var (
	// ErrInvalidID refuses what cannot be an event's id.
	ErrInvalidID = errors.New("invalid event id")
	// ErrUnknownEvent says that the ledger has no such event: it never had it,
	// its retention is over, it was erased, or it is still on its way.
	ErrUnknownEvent = errors.New("the ledger does not have this event: it is unknown, older than the retention, erased, or not written yet")
	// ErrUnknownVersion says that nobody has the ruleset of that version.
	ErrUnknownVersion = errors.New("no ruleset of this version is known")
)

// Record is what the ledger knows of one event.
type Record struct {
	Event    ingest.Event
	Verdicts []scoring.Verdict
	Actions  []enforcement.Action
	Fates    []Fate // of the order it was about, the oldest first
}

// Fate is one report of the booking system about an order.
type Fate struct {
	Time  time.Time `json:"time"`
	Order string    `json:"order"`
	Type  string    `json:"type"`
	State string    `json:"state"`
}

// Ledger finds events.
type Ledger interface {
	// Find reads an event; it fails with ErrUnknownEvent.
	Find(ctx context.Context, site, id string) (Record, error)
}

// Versions finds the rulesets that judged.
type Versions interface {
	// Program gives the ruleset of a version (its content's hash), compiled,
	// and where it was found. It fails with ErrUnknownVersion.
	Program(ctx context.Context, version string) (p *rules.Program, origin string, err error)
}

// Service explains events. It is safe for concurrent use as far as its parts
// are.
type Service struct {
	ledger   Ledger
	versions Versions
}

// New returns a Service.
func New(ledger Ledger, versions Versions) *Service {
	return &Service{ledger: ledger, versions: versions}
}

// maxID bounds an event's id.
const maxID = 64

// Find reads what the ledger knows of an event. It fails with ErrInvalidID,
// ErrUnknownEvent, or when the ledger cannot be read.
func (s *Service) Find(ctx context.Context, site, id string) (Record, error) {
	if id == "" || len(id) > maxID {
		return Record{}, fmt.Errorf("%w: %d characters, 1 to %d are possible", ErrInvalidID, len(id), maxID)
	}
	return s.ledger.Find(ctx, site, id)
}

// Explain explains an event of a site. given, if not nil, is one more ruleset
// to look for versions in. A version that nobody has is no failure: the
// explanation then says so and goes as far as the ledger does. It fails with
// ErrInvalidID, ErrUnknownEvent, or when ledger or versions cannot be read.
func (s *Service) Explain(ctx context.Context, site, id string, given *rules.Program) (EventExplanation, error) {
	record, err := s.Find(ctx, site, id)
	if err != nil {
		return EventExplanation{}, err
	}
	out := describe(&record.Event)
	judged := record.Verdicts
	if !hasInline(judged) && record.Event.Decision.Action != "" { // the pipeline has not been there yet
		judged = append([]scoring.Verdict{inlineOf(&record.Event)}, judged...)
	}
	for i := range judged {
		j, err := s.judgement(ctx, &record.Event, &judged[i], given)
		if err != nil {
			return EventExplanation{}, err
		}
		out.Judgements = append(out.Judgements, j)
	}
	for _, a := range record.Actions {
		out.Followed = append(out.Followed, Followed{
			Time: a.Time, Kind: string(a.Kind), Entity: a.Target.Entity, Key: mask(a.Target.Entity, a.Target.Key),
			Order: a.Order, Rule: a.Rule, Actor: a.Actor, Detail: a.Detail,
		})
	}
	out.Order = record.Fates
	return out, nil
}

func hasInline(all []scoring.Verdict) bool {
	for i := range all {
		if all[i].Stage == rules.StageInline {
			return true
		}
	}
	return false
}

// inlineOf is the in-line verdict as the event itself carries it: without
// shadow hits, which the pipeline adds.
func inlineOf(e *ingest.Event) scoring.Verdict {
	d := &e.Decision
	v := scoring.Verdict{
		EventID: e.ID, Stage: rules.StageInline, Action: ingest.Allow, Score: d.Score, Hits: d.Hits, Ruleset: d.Ruleset,
		Snapshot: d.Snapshot, Decision: d.Action, Receipt: d.Receipt, Observe: d.Observed != "",
	}
	for i := range d.Hits {
		if !d.Hits[i].Shadow && d.Hits[i].Action.Severity() > v.Action.Severity() {
			v.Action = d.Hits[i].Action
		}
	}
	return v
}

// judgement explains what one stage found.
func (s *Service) judgement(ctx context.Context, e *ingest.Event, v *scoring.Verdict, given *rules.Program) (Judgement, error) {
	j := Judgement{Stage: v.Stage, Ruleset: v.Ruleset, Action: v.Action, Observe: v.Observe, Score: v.Score}
	p, origin, err := s.program(ctx, v.Ruleset, given)
	switch {
	case errors.Is(err, ErrUnknownVersion):
		j.Missing = err.Error()
	case err != nil:
		return j, err
	default:
		j.Origin = origin
	}
	for i := range v.Hits {
		j.Hits = append(j.Hits, hitOf(p, e, v, &v.Hits[i]))
	}
	return j, nil
}

func (s *Service) program(ctx context.Context, version string, given *rules.Program) (*rules.Program, string, error) {
	if version == "" {
		return nil, "", fmt.Errorf("%w: the event was judged without one", ErrUnknownVersion)
	}
	if given != nil && given.Version() == version {
		return given, "given", nil
	}
	p, origin, err := s.versions.Program(ctx, version)
	if errors.Is(err, ErrUnknownVersion) && given != nil {
		return nil, "", fmt.Errorf("%w; the ruleset given is version %s", err, given.Version())
	}
	return p, origin, err
}
