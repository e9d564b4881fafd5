package engines

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"fairgate/ingest/pulse"
)

// Pulses are the signs of life of the site's processes; *redis.Book is one.
type Pulses interface {
	All(ctx context.Context) ([]pulse.Record, error)
}

// Options of a Monitor. The zero value is usable.
type Options struct {
	// Every is how often engines are probed. Default 5 s.
	Every time.Duration
	// Timeout bounds a probe. Default 2 s. Slow is from when on an answer is
	// slow. Default 250 ms.
	Timeout, Slow time.Duration
	// Lags asks how far readers of the log are behind; nil: not known.
	Lags func(ctx context.Context) ([]Lag, error)
	// Routes with their fail modes, where they are known.
	Routes []Route
	Now    func() time.Time
	Log    *slog.Logger
}

func (o Options) withDefaults() Options {
	o.Every = cmp.Or(o.Every, 5*time.Second)
	o.Timeout = cmp.Or(o.Timeout, 2*time.Second)
	o.Slow = cmp.Or(o.Slow, 250*time.Millisecond)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Monitor probes engines and remembers since when they are how they are. It is
// safe for concurrent use.
type Monitor struct {
	probes map[string]Probe
	pulses Pulses
	o      Options

	mu      sync.Mutex
	engines map[string]Engine
	lags    []Lag
}

// New makes a Monitor of the engines that have a probe, by name.
func New(probes map[string]Probe, pulses Pulses, o Options) *Monitor {
	m := &Monitor{probes: probes, pulses: pulses, o: o.withDefaults(), engines: map[string]Engine{}}
	for name := range probes {
		m.engines[name] = Engine{Name: name, State: Unknown}
	}
	return m
}

// Run probes all engines at once, again and again, until ctx ends.
func (m *Monitor) Run(ctx context.Context) error {
	tick := time.NewTicker(m.o.Every)
	defer tick.Stop()
	for {
		m.look(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (m *Monitor) look(ctx context.Context) {
	var all sync.WaitGroup
	for name, probe := range m.probes {
		all.Go(func() { m.ask(ctx, name, probe) })
	}
	if m.o.Lags != nil {
		all.Go(func() { m.askLags(ctx) })
	}
	all.Wait()
}

// ask probes one engine and notes what it found.
func (m *Monitor) ask(ctx context.Context, name string, probe Probe) {
	probing, cancel := context.WithTimeout(ctx, m.o.Timeout)
	defer cancel()
	began := m.o.Now()
	version, err := probe(probing)
	now := m.o.Now()
	if ctx.Err() != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.engines[name]
	state := Up
	switch {
	case err != nil:
		state, e.Fault, e.FaultAt = Away, fault(err), now
	case now.Sub(began) >= m.o.Slow:
		state = Slow
	}
	if err == nil {
		e.LatencyMS = float64(now.Sub(began).Microseconds()) / 1000
		e.Version = cmp.Or(version, e.Version)
	}
	if state != e.State {
		if state == Away {
			m.o.Log.WarnContext(ctx, "an engine is away", "engine", name, "error", err)
		}
		e.State, e.Since = state, now
	}
	e.CheckedAt = now
	m.engines[name] = e
}

func (m *Monitor) askLags(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, m.o.Timeout)
	defer cancel()
	lags, err := m.o.Lags(asking)
	if err != nil {
		m.o.Log.DebugContext(ctx, "how far readers are behind is not known", "error", err)
		lags = nil // what was known is old
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lags = lags
}

// Engines gives every engine's health as it was last seen, by name.
func (m *Monitor) Engines() []Engine {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]Engine, 0, len(m.engines))
	for _, name := range slices.Sorted(maps.Keys(m.engines)) {
		out = append(out, m.engines[name])
	}
	return out
}

// Routes gives every route's fail mode, as far as they are known.
func (m *Monitor) Routes() []Route { return m.o.Routes }

// Health gives everything. Where the signs of life cannot be read processes are
// not known; that is no error.
func (m *Monitor) Health(ctx context.Context) Health {
	now := m.o.Now()
	h := Health{At: now, Engines: m.Engines(), Processes: []Process{}, Lags: []Lag{}, Routes: m.o.Routes}
	if h.Routes == nil {
		h.Routes = []Route{}
	}
	m.mu.Lock()
	h.Lags = append(h.Lags, m.lags...)
	m.mu.Unlock()
	asking, cancel := context.WithTimeout(ctx, m.o.Timeout)
	defer cancel()
	records, err := m.pulses.All(asking)
	if err != nil {
		return h // the engines say why
	}
	h.Known = true
	for _, r := range records {
		p := process(r, now)
		h.Processes = append(h.Processes, p)
		h.Degraded = h.Degraded || (p.Degraded && p.State != Away)
	}
	slices.SortFunc(h.Processes, func(a, b Process) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Name, b.Name))
	})
	return h
}
