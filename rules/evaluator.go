package rules

import (
	"time"

	"fairgate/ingest"
)

// Evaluator is the working memory of one evaluation: the event, the feature
// values, and what was derived from them on the way. Reusing one costs no
// allocation per event. It is not safe for concurrent use: keep one for each
// goroutine, or pool them. It may serve several programs in turn.
type Evaluator struct {
	e       *ingest.Event
	values  []float64
	loc     *time.Location
	ip      string   // text form of the address, once somebody asked
	texts   []string // of the fields, for lint only
	keyless []*Rule
	passed  []int32 // rules that passed their gates

	degraded bool
	score    float64
}

// NewEvaluator makes an empty Evaluator.
func NewEvaluator() *Evaluator { return &Evaluator{} }

// Keyless lists the rules whose condition held in the last Evaluate but which
// could not fire, because the event has no key for the entity they act on. The
// list is valid until the next use of ev.
func (ev *Evaluator) Keyless() []*Rule { return ev.keyless }

// SetDegraded says whether the values of the next Evaluate come from counters
// of this process alone. Rules that conclude from the absence of a value rest
// then. It holds for that one call, so that nothing leaks between users of a
// pooled Evaluator; events whose own Decision says so are degraded anyway.
func (ev *Evaluator) SetDegraded(degraded bool) { ev.degraded = degraded }

// SetScore says what the event has scored already, before the rules of the next
// Evaluate add to it: for the asynchronous stage what the in-line rules found,
// for shadow what the acting rules of the stage found. It holds for that one
// call. Bands look at the sum.
func (ev *Evaluator) SetScore(score float64) { ev.score = score }

func (ev *Evaluator) load(p *Program, e *ingest.Event, values []float64) {
	ev.e, ev.values, ev.loc, ev.ip = e, values, p.loc, ""
	ev.keyless = ev.keyless[:0]
}

// release lets go of the event, so that a pooled Evaluator keeps nothing of a
// visitor alive.
func (ev *Evaluator) release() {
	ev.e, ev.values, ev.ip, ev.degraded, ev.score = nil, nil, "", false, 0
}

func (ev *Evaluator) local() time.Time { return ev.e.Time.In(ev.loc) }

func (ev *Evaluator) address() string {
	if ev.ip == "" && ev.e.Client.IP.IsValid() {
		ev.ip = ev.e.Client.IP.Unmap().String()
	}
	return ev.ip
}

func (ev *Evaluator) daysAhead() float64 {
	if ev.e.Order.Day == "" {
		return NoValue
	}
	day, err := time.Parse(time.DateOnly, ev.e.Order.Day)
	if err != nil {
		return NoValue // the gateway or replay let a malformed day through
	}
	y, m, d := ev.local().Date()
	days := day.Sub(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)).Hours() / 24
	if days < 0 {
		return NoValue
	}
	return days
}
