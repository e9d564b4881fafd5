package live

import (
	"context"
	"sync"
	"time"
)

// patience is how long a frame waits for a figure; what takes longer shows what
// was known before, and when that was.
const patience = 300 * time.Millisecond

// kept is a figure that is fetched when it is asked for and too old, by one
// fetch at a time. It is safe for concurrent use.
type kept[T any] struct {
	every   time.Duration // how old it may be
	timeout time.Duration // of a fetch
	fetch   func(ctx context.Context) (T, error)
	now     func() time.Time

	mu       sync.Mutex
	value    T
	at       time.Time // zero: never fetched
	err      error     // of the last fetch
	asked    time.Time
	fetching chan struct{} // closed when the fetch that runs is over; nil: none runs
}

// get gives the figure, when it was fetched, and how the last fetch ended. at is
// zero where there is none yet.
func (k *kept[T]) get(ctx context.Context) (value T, at time.Time, err error) {
	k.mu.Lock()
	k.asked = k.now()
	if k.at.IsZero() || k.asked.Sub(k.at) >= k.every {
		k.begin(ctx)
	}
	running := k.fetching
	k.mu.Unlock()
	if running != nil {
		patient := time.NewTimer(patience)
		defer patient.Stop()
		select {
		case <-running:
		case <-patient.C:
		case <-ctx.Done():
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.value, k.at, k.err
}

// begin starts a fetch unless one runs; mu is held.
func (k *kept[T]) begin(ctx context.Context) {
	if k.fetching != nil {
		return
	}
	over := make(chan struct{})
	k.fetching = over
	// The fetch may outlast the frame that asked for it: the next one takes it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.timeout)
	go func() {
		defer cancel()
		value, err := k.fetch(ctx)
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.err = err; err == nil {
			k.value, k.at = value, k.now()
		}
		k.fetching = nil
		close(over)
	}()
}

// idle reports whether nobody has asked since a moment.
func (k *kept[T]) idle(since time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked.Before(since) && k.fetching == nil
}
