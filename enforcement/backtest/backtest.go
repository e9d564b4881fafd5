// Package backtest runs history through the same engine that screens live
// traffic, in event time, and says what would have been done to whom.
//
// It owns the run and its report. History comes through a small interface
// (recorded logs, later the ledger); counters are rebuilt in memory, so a run
// touches nothing that is live, and the same history gives the same report
// byte for byte.
package backtest

import (
	"context"
	"fmt"
	"iter"
	"time"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/memory"
)

// Record is one event of history with what is known about its author.
type Record struct {
	Event *ingest.Event
	Label string // empty: nothing is known
}

// History yields records in the order of their event times.
type History interface {
	Records(ctx context.Context) iter.Seq2[Record, error]
}

// Unlabelled is the label under which subjects without one are counted.
const Unlabelled = "unlabelled"

// Report says, per label, what became of the subjects (accounts; where none is
// known, sessions, devices or addresses).
type Report struct {
	Ruleset string `json:"ruleset"` // version
	Events  int    `json:"events"`
	// From and To are the times of the first and the last event.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// Labels has one entry per label of the history.
	Labels map[string]*Outcome `json:"labels"`
}

// Outcome counts the subjects of one label, each once, by the most severe
// action that one of its events met.
type Outcome struct {
	Subjects   int `json:"subjects"`
	Allowed    int `json:"allowed"`
	Flagged    int `json:"flagged"`
	Challenged int `json:"challenged"`
	Blocked    int `json:"blocked"`
	// Rules counts, per rule, the subjects that it fired for; Shadow those that
	// only a shadow rule did.
	Rules  map[string]int `json:"rules"`
	Shadow map[string]int `json:"shadow,omitempty"`
}

// subject is what a run remembers of one author.
type subject struct {
	label  string
	worst  ingest.Action
	rules  map[string]bool
	shadow map[string]bool
}

// Run feeds history through program. progress, if set, is called now and then
// with the number of events done. Memory grows with the number of subjects.
func Run(ctx context.Context, history History, program *rules.Program, progress func(events int)) (*Report, error) {
	engine := scoring.New(memory.New(memory.Options{}), scoring.Options{})
	engine.Swap(program)
	r := &Report{Ruleset: program.Version(), Labels: map[string]*Outcome{}}
	subjects := map[string]*subject{}
	var result scoring.Result
	for record, err := range history.Records(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read history: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("interrupted after %d events: %w", r.Events, err)
		}
		hits, _, err := score(ctx, engine, record.Event, &result)
		if err != nil {
			return nil, err
		}
		r.note(subjects, record, hits)
		if progress != nil && r.Events%10_000 == 0 {
			progress(r.Events)
		}
	}
	r.sum(subjects)
	return r, nil
}

// who names the author of an event, by the best key there is.
func who(e *ingest.Event) string {
	for _, k := range []struct{ entity, key string }{
		{"account", e.Subject.Account}, {"session", e.Subject.Session}, {"device", e.Subject.Device},
	} {
		if k.key != "" {
			return k.entity + ":" + k.key
		}
	}
	if e.Client.IP.IsValid() {
		return "ip:" + e.Client.IP.String() + " " + e.Client.UserAgent
	}
	return "unknown"
}

func (r *Report) note(subjects map[string]*subject, record Record, hits []ingest.Hit) {
	e := record.Event
	if r.Events == 0 {
		r.From = e.Time
	}
	r.Events++
	r.To = e.Time
	s, ok := subjects[who(e)]
	if !ok {
		s = &subject{worst: ingest.Allow, rules: map[string]bool{}, shadow: map[string]bool{}}
		subjects[who(e)] = s
	}
	if record.Label != "" {
		s.label = record.Label
	}
	for _, h := range hits {
		if h.Shadow {
			s.shadow[h.Rule] = true
			continue
		}
		s.rules[h.Rule] = true
		if h.Action.Severity() > s.worst.Severity() {
			s.worst = h.Action
		}
	}
}

func (r *Report) sum(subjects map[string]*subject) {
	for _, s := range subjects {
		label := s.label
		if label == "" {
			label = Unlabelled
		}
		o := r.Labels[label]
		if o == nil {
			o = &Outcome{Rules: map[string]int{}, Shadow: map[string]int{}}
			r.Labels[label] = o
		}
		o.Subjects++
		switch s.worst {
		case ingest.Flag:
			o.Flagged++
		case ingest.Challenge:
			o.Challenged++
		case ingest.Block:
			o.Blocked++
		default:
			o.Allowed++
		}
		for rule := range s.rules {
			o.Rules[rule]++
		}
		for rule := range s.shadow {
			o.Shadow[rule]++
		}
	}
}
