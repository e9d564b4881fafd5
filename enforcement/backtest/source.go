package backtest

import (
	"context"
	"encoding/json"
	"iter"
	"strings"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest"
	"fairgate/rules"
)

// Source is the history that versions are compared on: the ledger
// (enforcement/ledger/history). Implementations are safe for concurrent use.
type Source interface {
	// Extent says what there is from one moment (inclusive) to another
	// (exclusive).
	Extent(ctx context.Context, from, to time.Time) (Extent, error)
	// Events yields the period's events in the order of (time, id), each once,
	// in batches that the receiver may keep. Of what needs does not name, the
	// subject's account, session and device, the decision's action and the
	// response's status are there all the same. Memory for batches can be had
	// from spare.
	Events(ctx context.Context, from, to time.Time, needs Needs, spare Spare) iter.Seq2[[]ingest.Event, error]
	// Labels calls label once for every account of which the truth is known.
	Labels(ctx context.Context, label func(site, account string, value enforcement.LabelValue)) error
	// Clearings lists what people did before to for those that were blocked, in
	// the order of time.
	Clearings(ctx context.Context, to time.Time) ([]Clearing, error)
}

// Spare gives back the memory of batches that are done with: an empty slice,
// of any capacity.
type Spare func() []ingest.Event

// BatchEvents is how many events a batch should have: it bounds what the stages
// of a run hold.
const BatchEvents = 1024

// Extent is how much history there is.
type Extent struct {
	Events      uint64 // about
	First, Last time.Time
}

// Clearing is a decision of a person in favour of a target.
type Clearing struct {
	At     time.Time
	Target enforcement.Target
	// Whole says that events from before At do not count any more; else only a
	// block was lifted.
	Whole bool
}

// Needs are the words of the rule language that some rule or feature may look
// at. It errs on the side of more: a word within another counts.
type Needs struct{ text string }

// NeedsOf collects what the programs look at.
func NeedsOf(programs ...*rules.Program) Needs {
	var b strings.Builder
	for _, p := range programs {
		if p == nil {
			continue
		}
		rs := *p.Ruleset()
		rs.Name, rs.Description = "", ""
		rs.Features, rs.Rules = append([]rules.Feature(nil), rs.Features...), append([]rules.Rule(nil), rs.Rules...)
		for i := range rs.Features {
			rs.Features[i].Name, rs.Features[i].Description = "", ""
		}
		for i := range rs.Rules {
			r := &rs.Rules[i]
			*r = rules.Rule{When: r.When, On: r.On, Stage: r.Stage, Events: r.Events}
		}
		text, err := json.Marshal(rs)
		if err != nil { // a program was marshalled to get its version
			return Needs{}
		}
		b.Write(text)
	}
	return Needs{text: b.String()}
}

// Field says whether something may look at a field of the rule language. The
// zero Needs needs everything.
func (n Needs) Field(name string) bool { return n.text == "" || strings.Contains(n.text, name) }
