// Package failover puts a local scoring.Counters behind the fleet's: when the
// shared store is slow or away, screening goes on with what this process has
// seen itself.
//
// It owns the breaker and the estimate. What is dangerous here, and why it is
// so:
//
//   - The local counters start cold. Mirroring each touch would double the
//     cost of every request to be right for the first minute of a rare outage;
//     and cold counters err on the side of people: they know of fewer events,
//     never of more. A bot's counts are back above the thresholds within
//     seconds, a person's never get there. An outage that has been is not rare
//     any more: for ten minutes after it each touch is mirrored, so that a
//     primary that comes and goes finds the local counters without holes.
//   - What is not in the local counters may have happened before the outage, or
//     at another gateway: answers say so (Settling), and rules that conclude
//     from absence rest. A gateway that is alone knows after Rest: a visitor's
//     way from looking to booking takes less. Until then, and in a fleet, they
//     have to go by what was seen, the number of tries for one.
//   - Counts and distinct counts are scaled by the number of live gateways,
//     each of which sees its share of the events. What this very event
//     contributes is not scaled: one booking of three tickets is one booking of
//     three tickets, however many gateways there are.
//   - Sums are scaled as counts are. Ratios, shares and changes are worked out
//     of what is scaled, above and below the line alike, so they are not.
//   - A gateway among n sees each n-th event, whose pauses are sums of n and so
//     more even by the root of n, by which regularity is multiplied. Below twelve
//     events of its own it says NoValue: three pauses are even by accident.
//   - since_first and age say NoValue until the outage has lasted as long as
//     their window: before that, a customer of many years would look like a
//     newcomer. So does change, which asks for an age.
//   - since_other says NoValue where there are other gateways: any of them may
//     have seen what would end it, and a rule would fire on not having seen it.
//   - After an outage the shared counters lack what was counted locally until
//     the pipeline has counted it again from the log (scoring.Engine.Async).
//     For as long as the outage lasted, within limits, and during the probes
//     before, answers are Settling, too: a person who looked around during the
//     outage must not be taken for one who books without looking.
//   - Single-use tokens are single-use for one gateway only. A pass may so be
//     spent once for each gateway; passes live for minutes.
package failover

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ingest/deadline"
	"fairgate/rules"
	"fairgate/scoring"
)

// Bounds of the time after an outage in which the shared counters may lack
// what happened during it. The pipeline, which keeps up with live traffic,
// repeats an outage in less time than it took, after a pause of at most five
// seconds; beyond its own bound on lateness (10 minutes by default) it repeats
// nothing. Longer would let scalpers through for every hiccup.
const (
	leastSettling = 10 * time.Second
	mostSettling  = 10 * time.Minute
)

// Options are optional; the zero value is usable.
type Options struct {
	// Timeout bounds a call to the primary beneath the caller's deadline, so
	// that time is left to answer; 0: 15 ms. Calls made at about the same time
	// share it, so that some have an eighth less.
	Timeout time.Duration
	// Failures in a row that open the breaker; 0: 5.
	Failures int
	// Share of failures among the last 64 calls that opens it; 0: 0.5.
	Share float64
	// ProbeEvery is the least time between two probes while open; 0: 200 ms.
	// A probe is a real touch, one at a time.
	ProbeEvery time.Duration
	// Probes in a row that must succeed before the primary is trusted again;
	// 0: 10.
	Probes int
	// Gateways is how many live gateways share the traffic; nil: one. With a
	// balancer that always sends a visitor to the same gateway, leave it at one.
	Gateways func() int
	// Now is the clock of the breaker; nil: time.Now.
	Now        func() time.Time
	Logger     *slog.Logger          // nil: silent
	Registerer prometheus.Registerer // nil: not measured
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = 15 * time.Millisecond
	}
	if o.Failures <= 0 {
		o.Failures = 5
	}
	if o.Share <= 0 {
		o.Share = 0.5
	}
	if o.ProbeEvery <= 0 {
		o.ProbeEvery = 200 * time.Millisecond
	}
	if o.Probes <= 0 {
		o.Probes = 10
	}
	if o.Gateways == nil {
		o.Gateways = func() int { return 1 }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Store implements scoring.Counters. It is safe for concurrent use if both of
// its counters are.
type Store struct {
	primary, local scoring.Counters
	o              Options
	timeout        *deadline.Shared
	breaker        breaker
	since          atomic.Int64 // event time from which the local counters saw each touch, Unix ms; 0: they never did
	opened         atomic.Int64 // when the breaker opened, Unix ms of the clock
	mirrored       atomic.Int64 // until when the local counters count what the primary counts, Unix ms of the clock
	copies         sync.Pool
	settled        atomic.Int64 // until when the primary may lack events, Unix ms of the clock
	state          prometheus.Gauge
	degraded       prometheus.Counter
}

var _ scoring.Counters = (*Store)(nil)

// New puts local behind primary. The marks that are read while degraded are
// those that local answers with (memory.Options.Marks).
func New(primary, local scoring.Counters, o Options) *Store {
	o = o.withDefaults()
	s := &Store{
		primary: primary, local: local, o: o, timeout: deadline.New(o.Timeout),
		breaker: breaker{failures: o.Failures, share: o.Share, probeEvery: o.ProbeEvery, probes: o.Probes},
		state: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "fairgate_failover_state",
			Help: "1 while counters are the process's own, 0 while they are the fleet's.",
		}),
		degraded: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_failover_degraded_touches_total",
			Help: "Events that were counted by this process alone.",
		}),
	}
	if o.Registerer != nil {
		o.Registerer.MustRegister(s.state, s.degraded)
	}
	return s
}

// Degraded reports whether touches go to the local counters at the moment.
func (s *Store) Degraded() bool { return s.breaker.isOpen() }

// Touch implements scoring.Counters. A touch that the primary does not answer
// in time is answered locally, with Degraded set; it fails only where the
// touch itself is invalid or the caller has given up.
func (s *Store) Touch(ctx context.Context, t *scoring.Touch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	primary, probe := s.breaker.ask(s.o.Now())
	if primary {
		err := s.touchPrimary(ctx, t)
		switch {
		case errors.Is(err, scoring.ErrInvalidTouch),
			err != nil && errors.Is(ctx.Err(), context.Canceled): // the visitor left
			s.breaker.abandon(probe)
			return err
		}
		if s.breaker.done(probe, err == nil, s.o.Now()) {
			s.changed(ctx, t, err)
		}
		if err == nil {
			now := s.o.Now()
			t.Settling = probe || now.UnixMilli() < s.settled.Load()
			if probe || s.mirroring(now) {
				s.mirror(ctx, t)
			}
			return nil
		}
	}
	return s.touchLocal(ctx, t)
}

func (s *Store) touchPrimary(ctx context.Context, t *scoring.Touch) error {
	ctx, cancel := s.timeout.Beneath(ctx)
	defer cancel()
	return s.primary.Touch(ctx, t)
}

// touchLocal ignores the deadline, which the primary may have used up: the
// local counters do not wait.
func (s *Store) touchLocal(ctx context.Context, t *scoring.Touch) error {
	if err := s.local.Touch(context.WithoutCancel(ctx), t); err != nil {
		return err
	}
	s.degraded.Inc()
	gateways, covered := max(1, s.o.Gateways()), s.covered(t)
	estimate(t, float64(gateways), covered)
	t.Degraded, t.Settling = true, gateways > 1 || covered < Rest
	return nil
}

func (s *Store) changed(ctx context.Context, t *scoring.Touch, err error) {
	now := s.o.Now()
	if s.breaker.isOpen() {
		s.opened.Store(now.UnixMilli())
		if !s.mirroring(now) {
			s.since.Store(t.Time.UnixMilli())
		}
		s.state.Set(1)
		s.o.Logger.LogAttrs(ctx, slog.LevelError, "shared counters failed, counting locally", slog.Any("error", err))
		return
	}
	outage := now.Sub(time.UnixMilli(s.opened.Load()))
	s.settleUntil(now.Add(min(max(outage, leastSettling), mostSettling)))
	s.mirrored.Store(now.Add(mirrorFor).UnixMilli())
	s.state.Set(0)
	s.o.Logger.LogAttrs(ctx, slog.LevelInfo, "shared counters are back", slog.Duration("outage", outage))
}

// estimate turns what this process saw into what the fleet probably saw.
func estimate(t *scoring.Touch, gateways float64, covered time.Duration) {
	for i := range t.Entities {
		for j := range t.Entities[i].Series {
			st := &t.Entities[i].Series[j]
			own, rhythm := ownShare(st), rhythmic(st)
			for k, r := range st.Series.Reads {
				if r.Aggregate == rules.AggRegularity && gateways > 1 && st.Values[k] != rules.NoValue {
					if st.Values[k] *= math.Sqrt(gateways); !rhythm {
						st.Values[k] = rules.NoValue
					}
					continue
				}
				st.Values[k] = estimated(st.Values[k], own, gateways, r, covered)
			}
		}
	}
}

// rhythmEvents is of how many events at least a gateway among others tells a
// rhythm. A person's few pauses are alike by accident now and then, and the
// number that a rule asks for beside the rhythm has been multiplied.
const rhythmEvents = 12

// rhythmic reports whether the series, as counted by this process, has enough
// events for a rhythm, or does not tell how many it has.
func rhythmic(st *scoring.SeriesTouch) bool {
	most := float64(rules.NoValue)
	for k, r := range st.Series.Reads {
		if r.Aggregate == rules.AggCount {
			most = max(most, st.Values[k])
		}
	}
	return most == rules.NoValue || most >= rhythmEvents
}

// estimated is what the fleet probably knows, where this process alone has seen
// v in the time covered, own of which the event itself has just added.
func estimated(v, own, gateways float64, r scoring.Read, covered time.Duration) float64 {
	if v == rules.NoValue {
		return v
	}
	switch r.Aggregate {
	case rules.AggCount, rules.AggDistinct, rules.AggSum:
		if r.Before > 0 { // the event itself is in no earlier window
			own = 0
		}
		self := min(own, v)
		return self + (v-self)*gateways
	case rules.AggSinceFirst, rules.AggAge:
		if covered < r.Window {
			return rules.NoValue
		}
	case rules.AggSinceOther:
		if gateways > 1 { // another may have seen it since
			return rules.NoValue
		}
	default: // the last event is this process's own
	}
	return v
}

// ownShare is how much of the series comes from this event itself.
func ownShare(st *scoring.SeriesTouch) float64 {
	if st.Series.Shape == scoring.ShapeAmounts || st.Series.Shape == scoring.ShapeBuckets {
		return float64(st.Amount)
	}
	n := 0.0
	for i, m := range st.Members {
		if !slices.Contains(st.Members[:i], m) {
			n++
		}
	}
	return n
}
