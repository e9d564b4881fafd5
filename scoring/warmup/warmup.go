package warmup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairgate/rules"
	"fairgate/scoring"
)

const (
	// Gap is for how long a definition may go unreported, while others are
	// reported, and keep its date.
	Gap = 5 * time.Minute
	// Settle is how long after its first report a definition is taken to be
	// counted by every process: a new version is in use everywhere within five
	// seconds.
	Settle = 10 * time.Second
)

// ErrUnknownFeature says that the ruleset in force counts no such feature.
var ErrUnknownFeature = errors.New("the ruleset in force counts no such feature")

// Record is what is known of one definition.
type Record struct {
	Definition string
	// Since is from when on everything is in its counters; zero: from the
	// beginning.
	Since time.Time
	// Counted is when it was first reported in this unbroken run.
	Counted time.Time
	// Seen is when it was last reported, Before when it was last counted in an
	// earlier run; zero: never.
	Seen, Before time.Time
}

// Store keeps records. Implementations are safe for concurrent use, also by
// several processes.
type Store interface {
	// Report notes that a process counts these definitions at now, and since
	// when it has without a pause.
	Report(ctx context.Context, now time.Time, counted map[string]time.Time) error
	// Records reads every record.
	Records(ctx context.Context) (map[string]Record, error)
	// Covered notes that the counters of a definition hold everything from
	// since on, because a backfill put it there.
	Covered(ctx context.Context, definition string, since time.Time) error
}

// Next is what a report makes of a record: known is the one there was (nil:
// none), local since when the reporting process has counted it, last when
// anybody reported anything, zero in the first report ever.
func Next(known *Record, definition string, now, local, last time.Time) Record {
	if known == nil {
		r := Record{Definition: definition, Counted: local, Seen: now}
		if !last.IsZero() {
			r.Since = local.Add(Settle)
		}
		return r
	}
	next := *known
	// It must have been counted up to when the process took over, or up to when
	// anybody counted anything.
	until := local
	if last.Before(until) {
		until = last
	}
	if known.Seen.Add(Gap).Before(until) {
		next.Before, next.Counted, next.Since = known.Seen, local, local.Add(Settle)
	}
	if now.After(next.Seen) {
		next.Seen = now
	}
	return next
}

// State is how far one feature of a ruleset is.
type State struct {
	Name       string          `json:"name"`
	Definition string          `json:"definition,omitempty"` // of what is counted; empty for a ratio
	Entity     rules.Entity    `json:"entity,omitempty"`
	Stage      rules.Stage     `json:"stage"`
	Aggregate  rules.Aggregate `json:"aggregate"`
	Window     time.Duration   `json:"window_ns"`
	// Since is from when on everything is counted; zero: from the beginning, or
	// not yet, as Counted tells.
	Since   time.Time `json:"since,omitzero"`
	Counted bool      `json:"counted"`
	Warm    bool      `json:"warm"`
	// Until is when it will be warm by itself; zero where it is, or where it is
	// not counted.
	Until time.Time `json:"warming_until,omitzero"`
}

// States tells how far every feature of the program is, in its order. A ratio
// is as far as the colder of its two parts.
func States(p *rules.Program, records map[string]Record, now time.Time) []State {
	features := p.Features()
	out := make([]State, len(features))
	byName := map[string]*State{}
	for i := range features {
		out[i] = stateOf(&features[i], records, now)
		byName[features[i].Name] = &out[i]
	}
	for range features { // ratios of ratios settle in as many rounds
		for i := range features {
			if features[i].Aggregate == rules.AggRatio {
				out[i].colder(byName[string(features[i].Of)], byName[features[i].Over])
			}
		}
	}
	return out
}

func stateOf(f *rules.Feature, records map[string]Record, now time.Time) State {
	s := State{
		Name: f.Name, Definition: scoring.Definition(*f), Entity: f.Entity, Stage: f.Stage, Aggregate: f.Aggregate, Window: f.Reach(),
	}
	if s.Definition == "" { // a ratio; filled in from its parts
		s.Counted, s.Warm = true, true
		return s
	}
	r, ok := records[s.Definition]
	if !ok {
		return s
	}
	s.Since, s.Counted = r.Since, true
	if s.Since.IsZero() || !r.Since.Add(s.Window).After(now) {
		s.Warm = true
		return s
	}
	s.Until = r.Since.Add(s.Window)
	return s
}

// colder makes a ratio as far as its parts are.
func (s *State) colder(parts ...*State) {
	for _, p := range parts {
		if p == nil {
			continue
		}
		s.Counted, s.Warm = s.Counted && p.Counted, s.Warm && p.Warm
		s.Window = max(s.Window, p.Window)
		if p.Until.After(s.Until) {
			s.Until = p.Until
		}
		if p.Since.After(s.Since) {
			s.Since = p.Since
		}
	}
}

// Find gives the state of one feature.
func Find(states []State, name string) (State, error) {
	for _, s := range states {
		if s.Name == name {
			return s, nil
		}
	}
	return State{}, fmt.Errorf("%w: %q", ErrUnknownFeature, name)
}
