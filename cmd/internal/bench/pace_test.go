package bench

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestQuantiles(t *testing.T) {
	var list []time.Duration
	for i := range 200 {
		list = append(list, time.Duration(200-i)*time.Millisecond)
	}
	assert.InDelta(t, 100, QuantileMs(list, 0.5), 0)
	assert.InDelta(t, 198, QuantileMs(list, 0.99), 0)
	assert.InDelta(t, 200, QuantileMs(list, 1), 0)
	assert.InDelta(t, 1, QuantileMs(list, 0), 0)
	assert.Equal(t, 200*time.Millisecond, list[0], "the list stays as it was")
	assert.Zero(t, QuantileMs(nil, 0.5))
}

func TestPaceGivesEachWhenItIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pace, began := NewPace(10, time.Second), time.Now()
		n := 0
		for i, due := range pace.Due(t.Context()) {
			assert.Equal(t, n, i)
			assert.Equal(t, began.Add(time.Duration(i)*100*time.Millisecond), due)
			assert.False(t, time.Now().Before(due))
			if n++; n == 1 {
				Pause(t.Context(), 450*time.Millisecond) // a stall: what is behind it is due all the same
			}
		}
		assert.Equal(t, 10, n)
		assert.Equal(t, 900*time.Millisecond, pace.Elapsed())
	})
}

// TestOpenLoopOfNothing is a rate at which nothing is ever due.
func TestOpenLoopOfNothing(t *testing.T) {
	var done atomic.Int64
	p50, p99, achieved := openLoop(t.Context(), t.Output(), 0, time.Second, 2, func(int) bool { done.Add(1); return true })
	assert.Zero(t, p50)
	assert.Zero(t, p99)
	assert.Zero(t, achieved)
	assert.Zero(t, done.Load())
}
