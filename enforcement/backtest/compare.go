package backtest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"fairgate/enforcement"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
)

// Errors of Compare that are the caller's.
var (
	ErrPeriod    = errors.New("the period does not end after it begins")
	ErrNoHistory = errors.New("the ledger holds no event of the period")
)

// Options adjust a comparison; zero values mean the defaults named.
type Options struct {
	// From (inclusive) and To (exclusive) bound the events that are judged.
	From, To time.Time
	// Accounts is how many accounts are kept one by one; 5,000,000, about 50
	// bytes each. Beyond it accounts without a label that no rule touched are
	// counted by estimate (DistinctError).
	Accounts int
	// Entities bounds the counters, which the versions share; 1,000,000 (see
	// memory.Options). The result says where it did not suffice.
	Entities int
	// People, if set, is asked about newly blocked accounts without a label.
	People People
	// Progress, if set, is filled while the run goes on.
	Progress *Progress
	Now      func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Accounts <= 0 {
		o.Accounts = 5_000_000
	}
	if o.Entities <= 0 {
		o.Entities = 1_000_000
	}
	if o.Progress == nil {
		o.Progress = &Progress{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Compare runs one history through two versions at the same time, and says
// what would become of whom. What both define alike is counted once, so that a
// comparison costs little more than one version. Without against (nil) nothing is compared and next is measured alone. Nothing live is
// touched, and what becomes of the live rules meanwhile changes nothing.
//
// Events from before From, as far back as the longest window of either version
// reaches, are counted and not judged. A run that ends early (ctx, or a history
// that breaks off) gives a *Stopped that says how far it came; it is begun anew
// from the start.
func Compare(ctx context.Context, source Source, next, against *rules.Program, o Options) (*Comparison, error) {
	o = o.withDefaults()
	if !o.To.After(o.From) {
		return nil, fmt.Errorf("%w: from %s to %s", ErrPeriod, o.From.Format(time.RFC3339), o.To.Format(time.RFC3339))
	}
	began := o.Now()
	c, err := prepare(ctx, source, next, against, o)
	if err != nil {
		return nil, err
	}
	o.Progress.begin(began, c.extent.Events)
	if err := c.run(ctx); err != nil {
		return nil, &Stopped{At: o.Progress.At(o.Now()), Err: err}
	}
	r := c.report(o.Now().Sub(began))
	c.evidence(ctx, r)
	return r, nil
}

// Stopped says that a run ended early.
type Stopped struct {
	At  Position
	Err error
}

// Error says how far the run came.
func (s *Stopped) Error() string {
	return fmt.Sprintf("stopped after %d of about %d events (%.1f %%), at %s: %v; it begins anew when it is started again",
		s.At.Events, s.At.Total, 100*s.At.Share(), s.At.Time.Format(time.RFC3339), s.Err)
}

// Unwrap is what ended it.
func (s *Stopped) Unwrap() error { return s.Err }

// comparison is one run.
type comparison struct {
	source Source
	o      Options
	needs  Needs
	lead   time.Duration
	extent Extent
	// counters count a part of the entities each, one after the other.
	counters [countingParts]*counter
	next     *replayer
	against  *replayer // nil: none
	tally    *tally
	warmed   uint64
}

func prepare(ctx context.Context, source Source, next, against *rules.Program, o Options) (*comparison, error) {
	c := &comparison{source: source, o: o, needs: NeedsOf(next, against), lead: scoring.Reach(next)}
	if against != nil {
		c.lead = max(c.lead, scoring.Reach(against))
	}
	judged, err := source.Extent(ctx, o.From, o.To)
	if err != nil {
		return nil, err
	}
	if judged.Events == 0 {
		return nil, fmt.Errorf("%w: from %s to %s", ErrNoHistory, o.From.Format(time.RFC3339), o.To.Format(time.RFC3339))
	}
	if c.extent, err = source.Extent(ctx, o.From.Add(-c.lead), o.To); err != nil {
		return nil, err
	}
	list, err := source.Clearings(ctx, o.To)
	if err != nil {
		return nil, err
	}
	c.tally = newTally(o, next, against)
	if err := source.Labels(ctx, c.tally.label); err != nil {
		return nil, err
	}
	if against == nil {
		c.counters = newCounters(o.Entities, list, next)
	} else {
		c.counters = newCounters(o.Entities, list, next, against)
		c.against = newReplayer(against, c.counters[0].replay.Judge(1), list)
	}
	c.next = newReplayer(next, c.counters[0].replay.Judge(0), list)
	return c, nil
}

// work is a batch on its way: read, counted, judged by each version, tallied.
type work struct {
	events  []ingest.Event
	values  []float64
	next    findings
	against findings
}

// ahead is how many batches may lie between two stages.
const ahead = 4

// run takes the batches through the stages, each a goroutine: reading, counting
// each part of the entities, next, against, tally. Dividing the events by account
// would not be exact, because accounts share devices, networks and documents; a
// pipeline is, and so is dividing what is counted.
func (c *comparison) run(parent context.Context) error {
	group, ctx := errgroup.WithContext(parent)
	pipe := func() chan *work { return make(chan *work, ahead) }
	read, judged, both := pipe(), pipe(), pipe()
	done := make(chan *work, (3+countingParts)*(ahead+1)+1) // as many as can be on their way
	var idle []*work
	spare := func() []ingest.Event {
		select {
		case w := <-done:
			idle = append(idle, w)
			return w.events[:0]
		default:
			return nil
		}
	}
	group.Go(func() error {
		defer close(read)
		for events, err := range c.source.Events(ctx, c.o.From.Add(-c.lead), c.o.To, c.needs, spare) {
			if err != nil {
				return err
			}
			w := &work{}
			if n := len(idle); n > 0 { // its findings' memory, whoever has its events'
				w, idle = idle[n-1], idle[:n-1]
			}
			w.events = events
			if err := send(ctx, read, w); err != nil {
				return err
			}
		}
		return nil
	})
	counted := read
	for _, counter := range c.counters {
		from := counted
		counted = pipe()
		stage(ctx, group, from, counted, func(w *work) (err error) {
			w.values, err = counter.take(ctx, w.events, w.values)
			return err
		})
	}
	size := c.counters[0].replay.Size()
	stage(ctx, group, counted, judged, func(w *work) error { return c.next.take(w.events, w.values, size, &w.next) })
	stage(ctx, group, judged, both, func(w *work) error {
		if c.against == nil {
			return nil
		}
		return c.against.take(w.events, w.values, size, &w.against)
	})
	group.Go(func() error {
		for w := range both {
			if err := c.judge(w); err != nil {
				return err
			}
			w.next.reset()
			w.against.reset()
			select {
			case done <- w:
			default:
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return parent.Err()
}

func send(ctx context.Context, to chan<- *work, w *work) error {
	select {
	case to <- w:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func stage(ctx context.Context, group *errgroup.Group, from <-chan *work, to chan<- *work, do func(*work) error) {
	group.Go(func() error {
		defer close(to)
		for w := range from {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := do(w); err != nil {
				return err
			}
			if err := send(ctx, to, w); err != nil {
				return err
			}
		}
		return nil
	})
}

// judge adds a batch to the tally, but for what only warmed the counters up.
func (c *comparison) judge(w *work) error {
	next, against := w.next.list, w.against.list
	for i := range w.events {
		e := &w.events[i]
		a, b := pop(&next, i), pop(&against, i)
		if e.Time.Before(c.o.From) {
			c.warmed++
			continue
		}
		if err := c.tally.add(e, a, b); err != nil {
			return err
		}
	}
	if n := len(w.events); n > 0 {
		c.o.Progress.advance(uint64(n), w.events[n-1].Time)
	}
	return nil
}

// pop takes the finding about event i off the list, or gives one of nothing.
func pop(list *[]finding, i int) finding {
	if len(*list) == 0 || (*list)[0].event != i {
		return finding{action: ingest.Allow}
	}
	f := (*list)[0]
	*list = (*list)[1:]
	return f
}

// Progress says how far a run has come. It is safe for concurrent use.
type Progress struct {
	began  atomic.Int64
	total  atomic.Uint64
	events atomic.Uint64
	time   atomic.Int64
}

// Position is where a run stood at some moment.
type Position struct {
	Events uint64        `json:"events"` // warm-up included
	Total  uint64        `json:"total"`  // about
	Time   time.Time     `json:"time,omitzero" doc:"Event time reached"`
	Took   time.Duration `json:"took"`
	// Left is about how long it still takes; 0 while that is not known.
	Left time.Duration `json:"left"`
}

// Share is what part is done, from 0 to 1.
func (p Position) Share() float64 {
	if p.Total == 0 {
		return 0
	}
	return min(1, float64(p.Events)/float64(p.Total))
}

// Rate is the number of events a second.
func (p Position) Rate() float64 {
	if p.Took <= 0 {
		return 0
	}
	return float64(p.Events) / p.Took.Seconds()
}

func (p *Progress) begin(at time.Time, total uint64) {
	p.began.Store(at.UnixNano())
	p.total.Store(total)
}

func (p *Progress) advance(events uint64, to time.Time) {
	p.events.Add(events)
	p.time.Store(to.UnixMilli())
}

// At is the position at the moment now.
func (p *Progress) At(now time.Time) Position {
	out := Position{Events: p.events.Load(), Total: p.total.Load()}
	if began := p.began.Load(); began != 0 {
		out.Took = now.Sub(time.Unix(0, began))
	}
	if ms := p.time.Load(); ms != 0 {
		out.Time = time.UnixMilli(ms).UTC()
	}
	if out.Events > 0 && out.Total > out.Events {
		out.Left = time.Duration(float64(out.Took) * float64(out.Total-out.Events) / float64(out.Events))
	}
	return out
}

// labelled is a label as a run keeps it.
type labelled uint8

// Labels, as they are kept: 0 is none.
const (
	unlabelled labelled = iota
	human
	scalper
	unknown
)

func labelOf(v enforcement.LabelValue) labelled {
	switch v {
	case enforcement.LabelHuman:
		return human
	case enforcement.LabelScalper:
		return scalper
	case enforcement.LabelUnknown:
		return unknown
	default:
		return unlabelled
	}
}
