package failover

import (
	"sync"
	"time"
)

// ring is how many of the last calls the share of failures is taken over.
const ring = 64

// breaker decides who is asked. It opens on failures in a row or on a share of
// failures, and closes only after a number of good probes that are spaced in
// time, so that a store that comes and goes stays out.
type breaker struct {
	failures   int
	share      float64
	probeEvery time.Duration
	probes     int

	mu        sync.Mutex
	open      bool
	row       int // failures in a row
	results   [ring]bool
	next      int
	seen      int // results filled
	failed    int // false among them
	good      int // probes in a row
	probing   bool
	lastProbe time.Time
}

// ask says whether to ask the primary, and whether that is a probe, whose
// result must be told by done.
func (b *breaker) ask(now time.Time) (primary, probe bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return true, false
	}
	if b.probing || now.Sub(b.lastProbe) < b.probeEvery {
		return false, false
	}
	b.probing, b.lastProbe = true, now
	return true, true
}

// abandon takes a probe back that told nothing.
func (b *breaker) abandon(probe bool) {
	if !probe {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
}

// done records the result of a call and reports whether the breaker changed.
// Results of calls that began before it opened are ignored.
func (b *breaker) done(probe, ok bool, now time.Time) (changed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if probe {
		b.probing = false
		b.good++
		if !ok {
			b.good = 0
		}
		if b.good < b.probes {
			return false
		}
		b.open, b.row, b.seen, b.failed, b.next = false, 0, 0, 0, 0
		return true
	}
	if b.open {
		return false
	}
	if b.seen == ring && !b.results[b.next] {
		b.failed--
	}
	b.results[b.next] = ok
	b.next = (b.next + 1) % ring
	b.seen = min(b.seen+1, ring)
	b.row++
	if ok {
		b.row = 0
	} else {
		b.failed++
	}
	if b.row >= b.failures || (b.seen == ring && float64(b.failed) >= b.share*ring) {
		b.open, b.good, b.lastProbe = true, 0, now
		return true
	}
	return false
}

func (b *breaker) isOpen() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}
