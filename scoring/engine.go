package scoring

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ingest"
	"fairgate/rules"
)

// ErrNoProgram says that no ruleset has been loaded yet.
var ErrNoProgram = errors.New("no ruleset is loaded")

// Options are optional; the zero value is usable.
type Options struct {
	// BurnTTL is for how long a single-use token stays spent; 0: one hour. It
	// must be longer than the life of a pass.
	BurnTTL    time.Duration
	Registerer prometheus.Registerer // nil: not measured
}

// Engine counts events and says which rules fired. It is safe for concurrent
// use; a program can be swapped at any time.
type Engine struct {
	counters Counters
	burnTTL  time.Duration
	current  atomic.Pointer[plan]
	swap     sync.Mutex
	recent   atomic.Pointer[[]*plan] // newest first, the current one included
	scratch  sync.Pool               // of *scratch
	metrics  *metrics
}

// recentPlans is how many programs are remembered for events that were
// screened before a swap and come to the asynchronous stage after it.
const recentPlans = 4

// New returns an Engine on the counters. It answers ErrNoProgram until the
// first Swap.
func New(counters Counters, o Options) *Engine {
	if o.BurnTTL <= 0 {
		o.BurnTTL = time.Hour
	}
	e := &Engine{counters: counters, burnTTL: o.BurnTTL, metrics: newMetrics(o.Registerer)}
	e.scratch.New = func() any { return newScratch() }
	return e
}

// Swap makes p the program that events are screened with from now on. Events
// under way finish with the one they began with. Series whose definition is
// unchanged go on counting.
func (e *Engine) Swap(p *rules.Program) {
	next := newPlan(p)
	e.swap.Lock()
	defer e.swap.Unlock()
	list := []*plan{next}
	if old := e.recent.Load(); old != nil {
		for _, known := range *old {
			if known.program.Version() != p.Version() && len(list) < recentPlans {
				list = append(list, known)
			}
		}
	}
	e.recent.Store(&list)
	e.current.Store(next)
}

// Program is the current program, or nil.
func (e *Engine) Program() *rules.Program {
	if p := e.current.Load(); p != nil {
		return p.program
	}
	return nil
}

// planOf is the plan of a recent version, or nil.
func (e *Engine) planOf(version string) *plan {
	if list := e.recent.Load(); list != nil {
		for _, p := range *list {
			if p.program.Version() == version {
				return p
			}
		}
	}
	return nil
}

// nonceTTL is for how long a signature's nonce is remembered: one is good for
// five minutes before and after its time.
const nonceTTL = 11 * time.Minute

// Mark is what enforcement left on an entity of the event.
type Mark struct {
	Entity rules.Entity
	Key    string
	Since  time.Time // its counters ignore what lies at or before; zero: nothing
	Data   []byte
}

// Result is what Inline found. Inline reuses the memory of Marks; Hits and
// Snapshot are made anew for each event and may be kept.
type Result struct {
	Hits     []ingest.Hit // acting rules only
	Score    float64      // sum of the hits' scores, at most 100
	Snapshot ingest.Snapshot
	Marks    []Mark
	// MarksRead says that the marks of all entities of the event were looked
	// for, in whatever store counted it: those that are not in Marks are none.
	MarksRead bool
	Burnt     bool // the token was presented for the first time
	Degraded  bool
	Ruleset   string
}

// Inline counts e and evaluates the acting in-line rules, in one round trip to
// the counters (two where somebody was cleared, see Counters.Touch); marks are
// read and burn (if not empty) is spent in the same.
// The event counts itself. Where the signature that it came with was seen with
// another event, its Proof says so from then on; features of this stage have
// counted it before. On an error out says nothing.
func (e *Engine) Inline(ctx context.Context, ev *ingest.Event, burn string, out *Result) error {
	*out = Result{Marks: out.Marks[:0]}
	p := e.current.Load()
	if p == nil {
		return ErrNoProgram
	}
	s := e.take()
	defer e.give(s)
	s.build(ev, p.kind(ev.Kind).inline)
	s.touch.Burn, s.touch.BurnTTL = burn, e.burnTTL
	s.touch.Nonce, s.touch.NonceTTL = ev.ProofNonce, nonceTTL
	if err := e.counters.Touch(ctx, &s.touch); err != nil {
		return fmt.Errorf("count event %s: %w", ev.ID, err)
	}
	if s.touch.Replayed && ev.Proof.Right() {
		ev.Proof = ingest.ProofReplayed
	}
	values := noValues(p.size)
	s.fill(values)
	values = p.finish(values, false)
	// Rules that conclude from what was not seen rest until a process that
	// counts alone has seen enough, and then until what it counted is in the
	// fleet's counters, too (see Async).
	s.ev.SetDegraded(s.touch.Settling)
	var err error
	s.matches, err = p.program.Evaluate(s.ev, ev, values, rules.StageInline, rules.Acting, s.matches)
	if err != nil {
		return fmt.Errorf("evaluate event %s: %w", ev.ID, err)
	}
	out.Hits = hitsOf(nil, s.matches)
	out.Score = scoreOf(out.Hits)
	out.Snapshot = ingest.Snapshot{Names: p.program.Names(), Values: values}
	out.Burnt, out.Degraded, out.Ruleset, out.MarksRead = s.touch.Burnt, s.touch.Degraded, p.program.Version(), true
	for i := range s.touch.Entities {
		if et := &s.touch.Entities[i]; et.ReadMark && (et.Mark != nil || !et.Since.IsZero()) {
			out.Marks = append(out.Marks, Mark{Entity: et.Entity, Key: et.Key, Since: et.Since, Data: et.Mark})
		}
	}
	e.metrics.hits(rules.StageInline, out.Hits)
	return nil
}

// Outcome counts what only the response tells: the features of the outcome
// stage. It is called once an event has its Outcome; a repeat changes nothing.
func (e *Engine) Outcome(ctx context.Context, ev *ingest.Event) error {
	p := e.current.Load()
	if p == nil {
		return ErrNoProgram
	}
	if err := e.count(ctx, ev, p.kind(ev.Kind).outcome); err != nil {
		return fmt.Errorf("count the outcome of event %s: %w", ev.ID, err)
	}
	return nil
}

func (e *Engine) take() *scratch {
	s, _ := e.scratch.Get().(*scratch)
	return s
}

func (e *Engine) give(s *scratch) {
	s.reset()
	e.scratch.Put(s)
}

// scoreOf is the sum of the scores of the hits that may act, at most 100.
func scoreOf(hits []ingest.Hit) float64 {
	sum := 0.0
	for i := range hits {
		if !hits[i].Shadow {
			sum += hits[i].Score
		}
	}
	return min(sum, 100)
}
