package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"fairgate/console/engines"
	"fairgate/enforcement/alert"
	"fairgate/enforcement/notify"
	"fairgate/ingest/pulse"
)

// ErrNoRelease is what a House answers of a day that it does not know.
var ErrNoRelease = errors.New("there is no such pool or day")

// House is the booking system.
type House interface {
	Pools(ctx context.Context) ([]Pool, error)
	// Release fails with ErrNoRelease where there is no such day.
	Release(ctx context.Context, pool, day string) (Release, error)
}

// Health is how the engines are; *engines.Monitor is one.
type Health interface {
	Engines() []engines.Engine
	Routes() []engines.Route
	Health(ctx context.Context) engines.Health
}

// OpenAlerts lists alerts; *alert.Service is one.
type OpenAlerts interface {
	List(ctx context.Context, f alert.Filter) ([]alert.Alert, error)
}

// Parts are what Figures asks. All are required.
type Parts struct {
	Pulses engines.Pulses
	Health Health
	Alerts OpenAlerts
	House  House
}

// Figures makes frames; it implements Sources. It is safe for concurrent use.
type Figures struct {
	parts  Parts
	now    func() time.Time
	pulses kept[[]pulse.Record]
	alerts kept[[]alert.Alert]
	pools  kept[[]Pool]

	mu       sync.Mutex
	meter    *Meter
	releases map[Topic]*kept[Release]
}

var _ Sources = (*Figures)(nil)

// How often engines are asked, at most, and how long each may take.
const (
	pulsesEvery  = 800 * time.Millisecond
	alertsEvery  = 2 * time.Second
	poolsEvery   = 2 * time.Second
	releaseEvery = 800 * time.Millisecond
	fetchTimeout = 3 * time.Second
	// forgetRelease is how long a release that nobody watches is remembered.
	forgetRelease = time.Minute
	mostAlerts    = 50
)

// NewFigures makes frames of parts. Nil: the clock is time.Now.
func NewFigures(parts Parts, now func() time.Time) *Figures {
	if now == nil {
		now = time.Now
	}
	f := &Figures{parts: parts, now: now, meter: NewMeter(), releases: map[Topic]*kept[Release]{}}
	f.pulses = kept[[]pulse.Record]{every: pulsesEvery, timeout: fetchTimeout, fetch: parts.Pulses.All, now: now}
	f.alerts = kept[[]alert.Alert]{every: alertsEvery, timeout: fetchTimeout, now: now, fetch: func(ctx context.Context) ([]alert.Alert, error) {
		return parts.Alerts.List(ctx, alert.Filter{Open: true})
	}}
	f.pools = kept[[]Pool]{every: poolsEvery, timeout: fetchTimeout, fetch: parts.House.Pools, now: now}
	return f
}

// Frame makes the frame of a topic. An engine that is away leaves its part of
// the frame empty or as it was, with its time, and fails nothing.
func (f *Figures) Frame(ctx context.Context, topic Topic, at time.Time) (any, error) {
	switch topic {
	case TopicOverview:
		return f.overview(ctx, at), nil
	case TopicAlerts:
		counts, open := f.openAlerts(ctx)
		return Alerts{At: at, Counts: counts, Alerts: open[:min(len(open), mostAlerts)]}, nil
	case TopicEngines:
		return Engines{f.parts.Health.Health(ctx)}, nil
	}
	pool, day, ok := topic.Release()
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrBadTopic, topic)
	}
	return f.release(ctx, topic, pool, day, at), nil
}

func (f *Figures) overview(ctx context.Context, at time.Time) Overview {
	o := Overview{At: at, Routes: f.parts.Health.Routes(), Engines: f.parts.Health.Engines(), Pools: []Pool{}}
	if o.Routes == nil {
		o.Routes = []engines.Route{}
	}
	var all sync.WaitGroup
	all.Go(func() { o.Traffic, o.Failing = f.traffic(ctx, at) })
	var open []alert.Alert
	all.Go(func() { o.Alerts, open = f.openAlerts(ctx) })
	all.Go(func() {
		pools, asOf, err := f.pools.get(ctx)
		if o.PoolsAt = asOf; !asOf.IsZero() {
			o.Pools = pools
		}
		if err == nil && !asOf.IsZero() {
			o.Sale = sale(pools, at)
		}
	})
	all.Wait()
	o.Attack = slices.ContainsFunc(open, func(a alert.Alert) bool { return a.Pattern == alert.HostileSurge })
	o.Degraded = o.Failing > 0 || slices.ContainsFunc(o.Engines, func(e engines.Engine) bool { return e.State == engines.Away })
	return o
}

// traffic gives what the gateways do, and how many of them are degraded.
func (f *Figures) traffic(ctx context.Context, at time.Time) (*Traffic, int) {
	records, asOf, err := f.pulses.get(ctx)
	if err != nil || asOf.IsZero() {
		return nil, 0
	}
	degraded := 0
	for _, r := range records {
		if r.Edge != nil && r.Degraded && at.Sub(r.At) <= fresh {
			degraded++
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.meter.Look(records, at), degraded
}

// openAlerts counts the open alerts and lists them, the most severe first.
func (f *Figures) openAlerts(ctx context.Context) (AlertCounts, []alert.Alert) {
	all, asOf, _ := f.alerts.get(ctx) // the time says how old they are
	counts := AlertCounts{AsOf: asOf}
	open := append([]alert.Alert{}, all...)
	for _, a := range open {
		switch {
		case f.now().Before(a.SilencedUntil):
			counts.Silenced++
		case a.Severity == notify.Urgent:
			counts.Urgent++
		case a.Severity == notify.Warning:
			counts.Warning++
		default:
			counts.Notice++
		}
	}
	slices.SortStableFunc(open, func(a, b alert.Alert) int {
		if a.Severity != b.Severity {
			if a.Severity.AtLeast(b.Severity) {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Since.UnixMilli(), b.Since.UnixMilli())
	})
	return counts, open
}

// release gives how a day's release stands.
func (f *Figures) release(ctx context.Context, topic Topic, pool, day string, at time.Time) Release {
	r, asOf, err := f.watch(topic, pool, day).get(ctx)
	r.At, r.Pool, r.Date, r.AsOf = at, pool, day, asOf
	if r.Stages == nil {
		r.Stages = []ReleaseStage{}
	}
	switch {
	case errors.Is(err, ErrNoRelease):
		r.Fault = "not_found"
	case err != nil || asOf.IsZero():
		r.Fault = "unavailable"
	}
	return r
}

// watch gives what is kept of a release, and forgets those nobody watches.
func (f *Figures) watch(topic Topic, pool, day string) *kept[Release] {
	f.mu.Lock()
	defer f.mu.Unlock()
	since := f.now().Add(-forgetRelease)
	for t, k := range f.releases {
		if t != topic && k.idle(since) {
			delete(f.releases, t)
		}
	}
	k, ok := f.releases[topic]
	if !ok {
		k = &kept[Release]{every: releaseEvery, timeout: fetchTimeout, now: f.now, fetch: func(ctx context.Context) (Release, error) {
			return f.parts.House.Release(ctx, pool, day)
		}}
		f.releases[topic] = k
	}
	return k
}
