package live_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console/live"
	"fairgate/ingest/pulse"
)

var start = time.UnixMilli(1_800_000_000_000).UTC()

// gateway is a sign of life with counters.
func gateway(name, boot string, at time.Time, allow, challenge, block uint64, counts ...uint64) pulse.Record {
	return pulse.Record{Role: pulse.Gateway, Name: name, Boot: boot, At: at, Edge: &pulse.Edge{
		Verdicts:       map[string]uint64{"allow": allow, "challenge": challenge, "block": block, "flag": 0},
		DeadlineMillis: 20, Screening: pulse.Histogram{Bounds: []float64{.001, .01, .1}, Counts: counts},
	}}
}

func TestMeterSumsGateways(t *testing.T) {
	m := live.NewMeter()
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	require.Nil(t, m.Look([]pulse.Record{gateway("a", "1", at(0), 100, 0, 0, 0, 0, 0, 0), gateway("b", "1", at(0), 0, 0, 0, 0, 0, 0, 0)}, at(0)), "once is no rate")

	got := m.Look([]pulse.Record{
		gateway("a", "1", at(1), 160, 10, 30, 90, 9, 1, 0),
		gateway("b", "1", at(1), 50, 0, 50, 100, 0, 0, 0),
		{Role: pulse.Scorer, Name: "s", Boot: "1", At: at(1)},
	}, at(1))
	require.NotNil(t, got)
	assert.Equal(t, 2, got.Gateways)
	assert.InDelta(t, 200, got.Requests, 1e-9)
	assert.Equal(t, live.Verdicts{Allow: 110, Challenge: 10, Block: 80}, got.Verdicts)
	assert.InDelta(t, .45, *got.Hostile, 1e-9)
	assert.InDelta(t, 100.0/190, *got.Screening.P50, 1e-6, "of 200, the hundredth lies 100/190 into the first bucket")
	assert.InDelta(t, 1+9*8.0/9, *got.Screening.P99, 1e-6, "the 198th is the eighth of nine in the second")
	assert.InDelta(t, 20, got.Screening.Deadline, 0)
	assert.Equal(t, at(1), got.AsOf)
}

func TestMeterKeepsItsHead(t *testing.T) {
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	first := func() *live.Meter {
		m := live.NewMeter()
		m.Look([]pulse.Record{gateway("a", "1", at(0), 100, 0, 0, 0, 0, 0, 0)}, at(0))
		return m
	}
	t.Run("two seconds in one look are two seconds", func(t *testing.T) {
		got := first().Look([]pulse.Record{gateway("a", "1", at(2000), 300, 0, 0, 200, 0, 0, 0)}, at(2000))
		assert.InDelta(t, 100, got.Requests, 1e-9)
	})
	t.Run("one that has not spoken again keeps its rate and adds nothing", func(t *testing.T) {
		m := first()
		r := gateway("a", "1", at(1000), 110, 0, 10, 20, 0, 0, 0)
		m.Look([]pulse.Record{r}, at(1000))
		got := m.Look([]pulse.Record{r}, at(2000))
		assert.InDelta(t, 20, got.Requests, 1e-9)
		assert.InDelta(t, .5, *got.Hostile, 1e-9)
	})
	t.Run("a restarted one is not counted backwards", func(t *testing.T) {
		m := first()
		assert.Nil(t, m.Look([]pulse.Record{gateway("a", "2", at(1000), 3, 0, 0, 0, 0, 0, 0)}, at(1000)))
		got := m.Look([]pulse.Record{gateway("a", "2", at(2000), 8, 0, 0, 5, 0, 0, 0)}, at(2000))
		assert.InDelta(t, 5, got.Requests, 1e-9)
	})
	t.Run("a silent one is not counted", func(t *testing.T) {
		m := first()
		m.Look([]pulse.Record{gateway("a", "1", at(1000), 110, 0, 0, 10, 0, 0, 0)}, at(1000))
		assert.Nil(t, m.Look([]pulse.Record{gateway("a", "1", at(1000), 110, 0, 0, 10, 0, 0, 0)}, at(5000)))
	})
	t.Run("without requests there is no share", func(t *testing.T) {
		got := first().Look([]pulse.Record{gateway("a", "1", at(1000), 100, 0, 0, 0, 0, 0, 0)}, at(1000))
		assert.Nil(t, got.Hostile)
		assert.Nil(t, got.Screening.P99)
	})
	t.Run("the share forgets after ten looks", func(t *testing.T) {
		m := first()
		m.Look([]pulse.Record{gateway("a", "1", at(1000), 100, 0, 50, 50, 0, 0, 0)}, at(1000))
		var got *live.Traffic
		for i := 2; i <= live.Window+1; i++ {
			got = m.Look([]pulse.Record{gateway("a", "1", at(i*1000), 100+uint64(i), 0, 50, 50+uint64(i), 0, 0, 0)}, at(i*1000))
		}
		assert.InDelta(t, 0, *got.Hostile, 1e-9)
	})
	t.Run("bounds of another version are left out", func(t *testing.T) {
		m := live.NewMeter()
		other := func(ms int, n uint64) pulse.Record {
			r := gateway("b", "1", at(ms), n, 0, 0)
			r.Edge.Screening = pulse.Histogram{Bounds: []float64{5}, Counts: []uint64{n, 0}}
			return r
		}
		m.Look([]pulse.Record{gateway("a", "1", at(0), 0, 0, 0, 0, 0, 0, 0), other(0, 0)}, at(0))
		got := m.Look([]pulse.Record{gateway("a", "1", at(1000), 10, 0, 0, 10, 0, 0, 0), other(1000, 90)}, at(1000))
		assert.InDelta(t, 100, got.Requests, 1e-9)
		assert.LessOrEqual(t, *got.Screening.P99, 1.0)
	})
}
