package challenge

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Tally is what became of the challenges of one account, session, device or
// subnet within a window.
type Tally struct {
	Issued int // given
	Solved int // met
	Failed int // answered wrongly
	Codes  int // asked for by text message
}

// open is how many were not met: abandoned ones, and wrong answers beside.
func (t Tally) open() int { return max(t.Issued-t.Solved, 0) + t.Failed }

// Plus adds two tallies.
func (t Tally) Plus(o Tally) Tally {
	return Tally{t.Issued + o.Issued, t.Solved + o.Solved, t.Failed + o.Failed, t.Codes + o.Codes}
}

// Attempts remembers tallies. Implementations are safe for concurrent use; one
// shared by the whole fleet is needed for limits that hold.
type Attempts interface {
	// Count adds to the tallies of the keys in the window that at falls in, and
	// returns, in their order, what each holds with the window before it.
	Count(ctx context.Context, keys []string, window time.Duration, at time.Time, add Tally) ([]Tally, error)
}

// MemoryAttempts is an Attempts for one process.
type MemoryAttempts struct {
	mu      sync.Mutex
	tallies map[slot]Tally
	counted int
}

// slot is one window of one key.
type slot struct {
	key    string
	window time.Duration
	number int64
}

var _ Attempts = (*MemoryAttempts)(nil)

// NewMemoryAttempts returns an empty memory.
func NewMemoryAttempts() *MemoryAttempts { return &MemoryAttempts{tallies: map[slot]Tally{}} }

// Count adds to the tallies of the keys and returns them.
func (m *MemoryAttempts) Count(_ context.Context, keys []string, window time.Duration, at time.Time, add Tally) ([]Tally, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counted++; m.counted%sweepEvery == 0 {
		for s := range m.tallies {
			if s.number+1 < at.UnixNano()/int64(s.window) {
				delete(m.tallies, s)
			}
		}
	}
	found := make([]Tally, len(keys))
	for i, key := range keys {
		now := slot{key, window, at.UnixNano() / int64(window)}
		if add != (Tally{}) {
			m.tallies[now] = m.tallies[now].Plus(add)
		}
		found[i] = m.tallies[now].Plus(m.tallies[slot{key, window, now.number - 1}])
	}
	return found, nil
}

// FallbackAttempts is an Attempts that goes on with what this process saw while
// the fleet's memory is away: a challenge is then perhaps easier than it would
// be, and codes are capped at each gateway. It is safe for concurrent use.
type FallbackAttempts struct {
	shared Attempts
	local  *MemoryAttempts
	log    *slog.Logger
	away   atomic.Bool
}

var _ Attempts = (*FallbackAttempts)(nil)

// NewFallbackAttempts puts a memory of this process behind shared; a nil log is
// silent.
func NewFallbackAttempts(shared Attempts, log *slog.Logger) *FallbackAttempts {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &FallbackAttempts{shared: shared, local: NewMemoryAttempts(), log: log}
}

// Count counts in both memories and returns the fleet's tallies where it
// answers.
func (f *FallbackAttempts) Count(ctx context.Context, keys []string, window time.Duration, at time.Time, add Tally) ([]Tally, error) {
	mine, err := f.local.Count(ctx, keys, window, at, add)
	if err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, sharedTimeout)
	defer cancel()
	found, err := f.shared.Count(asking, keys, window, at, add)
	if err == nil {
		if f.away.Swap(false) {
			f.log.InfoContext(ctx, "attempts at challenges are shared again")
		}
		return found, nil
	}
	if ctx.Err() != nil { // the visitor left
		return nil, err
	}
	if !f.away.Swap(true) {
		f.log.ErrorContext(ctx, "attempts at challenges are remembered by this process alone", "error", err)
	}
	return mine, nil
}
