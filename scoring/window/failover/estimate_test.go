package failover_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/scoring"
)

// TestEstimateOfEveryShape counts alone for one of four gateways, an event each
// second.
func TestEstimateOfEveryShape(t *testing.T) {
	one := func(id string, shape scoring.Shape, a rules.Aggregate) *scoring.Series {
		s := &scoring.Series{ID: id, Shape: shape, Keep: time.Minute, Limit: 500, Reads: []scoring.Read{{Window: time.Minute, Aggregate: a}}}
		if shape == scoring.ShapeBuckets {
			s.Bucket = time.Second
			s.Reads = append(s.Reads, scoring.Read{Window: time.Minute, Aggregate: a, Before: 2 * time.Minute})
		}
		return s
	}
	series := []*scoring.Series{
		one("sum", scoring.ShapeAmounts, rules.AggSum), one("bucketed", scoring.ShapeBuckets, rules.AggSum),
		one("age", scoring.ShapeSpans, rules.AggAge), one("other", scoring.ShapeEvents, rules.AggSinceOther),
	}
	run := func(gateways, events int) [][]float64 {
		f := newFixture(gateways)
		f.primary.away.Store(true)
		var out [][]float64
		for n := range events {
			id := fmt.Sprint("event ", n)
			tc := &scoring.Touch{EventID: id, Time: base.Add(time.Duration(n) * time.Second)}
			et := scoring.EntityTouch{Entity: rules.EntityPool, Key: "p"}
			for _, s := range series {
				et.Series = append(et.Series, scoring.SeriesTouch{
					Series: s, Members: []string{id}, Amount: 10, Values: make([]float64, len(s.Reads)),
				})
			}
			tc.Entities = []scoring.EntityTouch{et}
			require.NoError(t, f.Touch(t.Context(), tc))
			require.True(t, tc.Degraded)
			out = nil
			for _, st := range tc.Entities[0].Series {
				out = append(out, st.Values)
			}
		}
		return out
	}
	const none = rules.NoValue
	assert.Equal(t, [][]float64{{10}, {10, 0}, {none}, {none}}, run(4, 1), "what the event itself adds is not scaled")
	assert.Equal(t, [][]float64{{90}, {90, 0}, {none}, {none}}, run(4, 3), "10 of its own and 20 by four")
	assert.Equal(t, [][]float64{{30}, {30, 0}, {none}, {1}}, run(1, 3), "a single gateway sees all there is")
	// After 200 s the outage has lasted longer than a window, and than two
	// minutes and a window.
	assert.Equal(t, [][]float64{{10 + 59*40}, {10 + 60*40, 61 * 40}, {199}, {none}}, run(4, 200))
}

// TestRhythmOfEachFourthEvent comes at pauses of 3 and 5 s by turns, whose
// variation is a quarter.
func TestRhythmOfEachFourthEvent(t *testing.T) {
	run := func(gateways, events int) float64 {
		f := newFixture(gateways)
		f.primary.away.Store(true)
		var rhythm float64
		for n := range events {
			f.n += 2 + n%2*2
			tc, err := f.touch(t)
			require.NoError(t, err)
			rhythm = tc.Entities[0].Series[0].Values[2]
		}
		return rhythm
	}
	assert.InDelta(t, 0.25, run(1, 13), 0.02, "alone it is as seen")
	assert.InDelta(t, 0.5, run(4, 13), 0.04, "sums of four are more even by the root of four")
	assert.InDelta(t, rules.NoValue, run(4, 11), 0, "too few to tell")
	assert.InDelta(t, 0.25, run(1, 11), 0.03)
}
