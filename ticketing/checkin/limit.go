package checkin

import (
	"math"
	"sync"
	"time"

	"fairgate/ticketing"
)

// maxBuckets bounds what a limiter remembers; beyond it, those that are full
// again are forgotten, and if none is, all.
const maxBuckets = 4096

// limiter is a token bucket for each name, within this process. It is safe for
// concurrent use.
type limiter struct {
	clock func() time.Time
	rate  float64 // tokens a second
	burst float64

	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newLimiter(clock func() time.Time, rate, burst float64) *limiter {
	return &limiter{clock: clock, rate: rate, burst: max(burst, 1), buckets: map[string]bucket{}}
}

// take takes a token, or says how long it takes to have one.
func (l *limiter) take(name string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.filled(name)
	if b.tokens < 1 {
		return l.refuse(1 - b.tokens)
	}
	b.tokens--
	l.keep(name, b)
	return nil
}

// spare refuses when not even one token is left, and takes none.
func (l *limiter) spare(name string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.filled(name); b.tokens < 1 {
		return l.refuse(1 - b.tokens)
	}
	return nil
}

func (l *limiter) refuse(missing float64) error {
	wait := time.Duration(math.Ceil(missing/l.rate)) * time.Second
	return &ticketing.Error{Code: ErrTooOften.Code, Detail: ErrTooOften.Detail, RetryAfter: wait}
}

// filled is the bucket as it stands now.
func (l *limiter) filled(name string) bucket {
	now := l.clock()
	b, known := l.buckets[name]
	if !known {
		return bucket{tokens: l.burst, at: now}
	}
	b.tokens = min(l.burst, b.tokens+max(0, now.Sub(b.at).Seconds())*l.rate)
	b.at = now
	return b
}

func (l *limiter) keep(name string, b bucket) {
	if _, known := l.buckets[name]; !known && len(l.buckets) >= maxBuckets {
		for other := range l.buckets {
			if l.filled(other).tokens >= l.burst {
				delete(l.buckets, other)
			}
		}
		if len(l.buckets) >= maxBuckets {
			clear(l.buckets)
		}
	}
	l.buckets[name] = b
}
