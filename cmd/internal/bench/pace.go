package bench

import (
	"context"
	"iter"
	"math"
	"slices"
	"sync/atomic"
	"time"
)

// Pace is the schedule of an open loop: so many things a second for a while,
// each due when it is, whatever became of those before. Who measures from when
// a thing was due charges a server that stalls for everybody who waits (no
// coordinated omission).
type Pace struct {
	rate  float64
	n     int
	begin time.Time
	next  atomic.Int64
}

// NewPace begins a schedule now.
func NewPace(rate float64, length time.Duration) *Pace {
	return &Pace{rate: rate, n: int(rate * length.Seconds()), begin: time.Now()}
}

// Due gives a sender one thing after the other, by its number and when it is
// due, not before then, until none is left or ctx ends. Any number of senders
// share a schedule.
func (p *Pace) Due(ctx context.Context) iter.Seq2[int, time.Time] {
	return func(yield func(int, time.Time) bool) {
		for ctx.Err() == nil {
			i := int(p.next.Add(1)) - 1
			if i >= p.n {
				return
			}
			due := p.begin.Add(time.Duration(float64(i) / p.rate * float64(time.Second)))
			Pause(ctx, time.Until(due))
			if !yield(i, due) {
				return
			}
		}
	}
}

// Elapsed is how long ago the schedule began.
func (p *Pace) Elapsed() time.Duration { return time.Since(p.begin) }

// Pause waits, at most until ctx ends.
func Pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// QuantileMs is the nearest-rank quantile in milliseconds; of nothing it is 0.
func QuantileMs(list []time.Duration, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	list = slices.Sorted(slices.Values(list))
	rank := int(math.Ceil(q * float64(len(list))))
	return float64(list[min(max(rank, 1), len(list))-1]) / float64(time.Millisecond)
}
