package window_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"

	"fairgate/rules"
	"fairgate/scoring/window"
)

func TestEventMemberIsTheUUIDItself(t *testing.T) {
	id := uuid.MustParse("0197a0a0-1111-7222-8333-444455556666")
	assert.Equal(t, [16]byte(id), window.EventMember(id.String()))
	assert.NotEqual(t, window.EventMember("line 1"), window.EventMember("line 2"))
}

func TestRegularity(t *testing.T) {
	for _, tc := range []struct {
		name string
		ms   []int64
		want float64
	}{
		{"nothing", nil, rules.NoValue},
		{"three are too few", []int64{0, 1000, 2000}, rules.NoValue},
		{"a metronome", []int64{0, 1000, 2000, 3000}, 0},
		{"newest first", []int64{3000, 2000, 1000, 0}, 0},
		{"all at once", []int64{5, 5, 5, 5}, 0},
		{"one long pause", []int64{0, 1000, 2000, 8000}, math.Sqrt(50.0/9) / (8.0 / 3)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			assert.InDelta(t, tc.want, window.Regularity(tc.ms), 1e-9)
		})
	}
}

func TestStart(t *testing.T) {
	const now = 1_000_000
	for _, c := range []struct {
		name  string
		since int64 // 0: none
		from  int64
		cut   bool
	}{
		{"not cleared", 0, now - 60_000, false},
		{"before the window", now - 60_001, now - 60_000, false},
		{"at its edge", now - 60_000, now - 60_000, false},
		{"inside", now - 59_999, now - 59_999, true},
		{"at the event", now, now, true},
		{"after the event", now + 1, now - 60_000, false},
	} {
		var since time.Time
		if c.since != 0 {
			since = time.UnixMilli(c.since)
		}
		from, cut := window.Start(now, time.Minute, since)
		assert.Equal(t, c.from, from, c.name)
		assert.Equal(t, c.cut, cut, c.name)
	}
}

func TestCapped(t *testing.T) {
	assert.InDelta(t, 4, window.Capped(4, 5), 0)
	assert.InDelta(t, 5, window.Capped(6, 5), 0)
	assert.InDelta(t, 6, window.Capped(6, 0), 0)
}

func TestRegularityIsTheSameToTheLastBitEitherWay(t *testing.T) {
	up, down := make([]int64, 20), make([]int64, 20)
	for i := range up {
		up[i] = int64(i*i*37 + i%3*11)
	}
	for i := range up {
		down[len(up)-1-i] = up[i]
	}
	assert.Equal(t, math.Float64bits(window.Regularity(up)), math.Float64bits(window.Regularity(down)))
}
