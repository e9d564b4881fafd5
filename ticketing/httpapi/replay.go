package httpapi

import (
	"crypto/sha256"
	"sync"
	"time"
)

// replayGuard remembers request ids for as long as their signatures could be
// presented again. Ids are kept as 16 bytes of their hash in two generations,
// each as long as the time to remember, so that forgetting costs nothing; the
// older half is dropped whole. At most max ids are kept: beyond it requests
// are refused, because forgetting early would let a replay in. The guard
// belongs to one process; another process's is not asked.
type replayGuard struct {
	keep time.Duration
	max  int

	mu      sync.Mutex
	current map[[16]byte]struct{}
	former  map[[16]byte]struct{}
	since   time.Time // beginning of the current generation
}

// newReplayGuard remembers ids for at least keep.
func newReplayGuard(keep time.Duration, most int) *replayGuard {
	return &replayGuard{keep: keep, max: most, current: map[[16]byte]struct{}{}}
}

// admit notes an id, or says why it must be refused.
func (g *replayGuard) admit(id string, now time.Time) error {
	sum := sha256.Sum256([]byte(id))
	key := [16]byte(sum[:16])
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.since.IsZero() {
		g.since = now
	}
	if age := now.Sub(g.since); age >= 2*g.keep {
		g.former, g.current, g.since = nil, map[[16]byte]struct{}{}, now
	} else if age >= g.keep {
		g.former, g.current, g.since = g.current, map[[16]byte]struct{}{}, now
	}
	if _, seen := g.current[key]; seen {
		return errReplayed
	}
	if _, seen := g.former[key]; seen {
		return errReplayed
	}
	if len(g.current)+len(g.former) >= g.max {
		return errGuardFull
	}
	g.current[key] = struct{}{}
	return nil
}
