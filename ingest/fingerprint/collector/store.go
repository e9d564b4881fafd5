package collector

import (
	"context"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/ingest/outage"
)

// Store is what the gateways of a fleet remember together. Implementations are
// safe for concurrent use.
type Store interface {
	// Burn reports whether id was not burnt within ttl, and burns it: of any
	// number of callers at the same instant one is told true.
	Burn(ctx context.Context, id string, ttl time.Duration) (first bool, err error)
	// Bind remembers the thumbprint of a device's key unless there is one, and
	// returns the one that holds.
	Bind(ctx context.Context, device, thumb string) (bound string, err error)
	// Families reads the families known under the keys, "" where there is none.
	Families(ctx context.Context, keys []string) (found []string, err error)
	// Found puts a family under those of the keys that have none.
	Found(ctx context.Context, keys []string, family string) error
}

// Retention is for how long a key binding or a family is remembered after it
// was last met.
const Retention = 30 * 24 * time.Hour

// memoryEntries bounds what one process remembers of each kind.
const memoryEntries = 1 << 17

// Memory is a Store for one process, bounded: beyond 131,072 entries of a kind
// the least recently used is forgotten.
type Memory struct {
	now func() time.Time

	mu       sync.Mutex // makes look and add one step
	burnt    *lru.Cache[string, time.Time]
	keys     *lru.Cache[string, string]
	families *lru.Cache[string, string]
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty memory; now nil is time.Now.
func NewMemory(now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{now: now, burnt: bounded[time.Time](), keys: bounded[string](), families: bounded[string]()}
}

func bounded[V any]() *lru.Cache[string, V] {
	c, err := lru.New[string, V](memoryEntries)
	if err != nil { // only of a size below one
		return nil
	}
	return c
}

// Burn implements Store.
func (m *Memory) Burn(_ context.Context, id string, ttl time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if until, known := m.burnt.Get(id); known && now.Before(until) {
		return false, nil
	}
	m.burnt.Add(id, now.Add(ttl))
	return true, nil
}

// Bind implements Store.
func (m *Memory) Bind(_ context.Context, device, thumb string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if bound, known := m.keys.Get(device); known {
		return bound, nil
	}
	m.keys.Add(device, thumb)
	return thumb, nil
}

// Families implements Store.
func (m *Memory) Families(_ context.Context, keys []string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := make([]string, len(keys))
	for i, key := range keys {
		found[i], _ = m.families.Get(key)
	}
	return found, nil
}

// Found implements Store.
func (m *Memory) Found(_ context.Context, keys []string, family string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		if _, known := m.families.Get(key); !known {
			m.families.Add(key, family)
		}
	}
	return nil
}

// sharedTimeout is how long the fleet's memory may take before the process
// goes on alone. Nobody waits for a beacon's answer.
const sharedTimeout = 250 * time.Millisecond

// Fallback is a Store that goes on alone while the fleet's memory is away. A
// nonce can then be used once at each gateway; what this process burnt during
// the outage stays burnt for it afterwards. It is safe for concurrent use.
type Fallback struct {
	shared Store
	local  *Memory
	log    *outage.Log
	alone  prometheus.Counter
}

var _ Store = (*Fallback)(nil)

// FallbackOptions adjusts a Fallback; every zero value is usable.
type FallbackOptions struct {
	Now        func() time.Time
	Log        *slog.Logger
	Registerer prometheus.Registerer
}

// NewFallback puts a memory of this process in front of shared.
func NewFallback(shared Store, o FallbackOptions) *Fallback {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Fallback{
		shared: shared, local: NewMemory(o.Now),
		log: outage.New(o.Log, o.Now, slog.LevelError,
			"beacons are remembered by this process alone; each nonce is good once at every gateway", "beacons are remembered by the fleet again"),
		alone: promauto.With(o.Registerer).NewCounter(prometheus.CounterOpts{
			Name: "fairgate_fingerprint_beacons_alone_total", Help: "Questions about beacons answered without the fleet's memory, which was away.",
		}),
	}
}

// ask calls the fleet's memory and reports whether it answered. ctx's own end
// is the caller's error.
func (f *Fallback) ask(ctx context.Context, call func(context.Context) error) (answered bool, err error) {
	asking, cancel := context.WithTimeout(ctx, sharedTimeout)
	defer cancel()
	err = call(asking)
	if err != nil && ctx.Err() != nil {
		return false, err
	}
	f.log.Report(ctx, err)
	if err != nil {
		f.alone.Inc()
	}
	return err == nil, nil
}

// Burn implements Store.
func (f *Fallback) Burn(ctx context.Context, id string, ttl time.Duration) (bool, error) {
	if first, err := f.local.Burn(ctx, id, ttl); err != nil || !first {
		return first, err
	}
	first := true
	_, err := f.ask(ctx, func(ctx context.Context) (err error) {
		answer, err := f.shared.Burn(ctx, id, ttl)
		if err == nil {
			first = answer
		}
		return err
	})
	return first, err
}

// Bind implements Store.
func (f *Fallback) Bind(ctx context.Context, device, thumb string) (bound string, err error) {
	answered, err := f.ask(ctx, func(ctx context.Context) (err error) {
		bound, err = f.shared.Bind(ctx, device, thumb)
		return err
	})
	if err != nil || answered {
		return bound, err
	}
	return f.local.Bind(ctx, device, thumb)
}

// Families implements Store.
func (f *Fallback) Families(ctx context.Context, keys []string) (found []string, err error) {
	answered, err := f.ask(ctx, func(ctx context.Context) (err error) {
		found, err = f.shared.Families(ctx, keys)
		return err
	})
	if err != nil || answered {
		return found, err
	}
	return f.local.Families(ctx, keys)
}

// Found implements Store.
func (f *Fallback) Found(ctx context.Context, keys []string, family string) error {
	answered, err := f.ask(ctx, func(ctx context.Context) error { return f.shared.Found(ctx, keys, family) })
	if err != nil || answered {
		return err
	}
	return f.local.Found(ctx, keys, family)
}
