package challenge

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// sharedTimeout is how long the fleet's memory may take before the process
// decides alone.
const sharedTimeout = 250 * time.Millisecond

// FallbackSpent is a Spent that goes on alone while the fleet's memory is away.
// A challenge can then be redeemed once at each gateway; without this, whoever
// is challenged during an outage could not book at all, and degraded screening
// challenges people, too. It is safe for concurrent use.
type FallbackSpent struct {
	shared Spent
	local  *MemorySpent
	log    *slog.Logger
	away   atomic.Bool
	alone  prometheus.Counter
}

var _ Spent = (*FallbackSpent)(nil)

// NewFallbackSpent puts a memory of this process in front of shared. Options
// gives the clock and the registry; a nil log is silent.
func NewFallbackSpent(shared Spent, log *slog.Logger, o Options) *FallbackSpent {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &FallbackSpent{
		shared: shared, local: NewMemorySpent(o.Now), log: log,
		alone: promauto.With(o.Registry).NewCounter(prometheus.CounterOpts{
			Name: "fairgate_challenge_spent_alone_total", Help: "Challenges redeemed while the fleet's memory of spent ones was away.",
		}),
	}
}

// Once reports whether id was not seen within ttl, and remembers it: in this
// process always, so that what was redeemed during an outage is spent after it,
// and in the fleet's memory where that answers.
func (f *FallbackSpent) Once(ctx context.Context, id string, ttl time.Duration) (bool, error) {
	if first, err := f.local.Once(ctx, id, ttl); err != nil || !first {
		return first, err
	}
	asking, cancel := context.WithTimeout(ctx, sharedTimeout)
	defer cancel()
	first, err := f.shared.Once(asking, id, ttl)
	switch {
	case err == nil:
		if f.away.Swap(false) {
			f.log.InfoContext(ctx, "spent challenges are shared again")
		}
		return first, nil
	case ctx.Err() != nil: // the visitor left
		return false, err
	}
	f.alone.Inc()
	if !f.away.Swap(true) {
		f.log.ErrorContext(ctx, "spent challenges are remembered by this process alone; each can be redeemed once at every gateway", "error", err)
	}
	return true, nil
}
