package failover_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/failover"
	"fairgate/scoring/window/memory"
)

// asking reads the mark of every entity.
type asking struct{ scoring.Counters }

func (a asking) Touch(ctx context.Context, t *scoring.Touch) error {
	for i := range t.Entities {
		t.Entities[i].ReadMark = true
	}
	return a.Counters.Touch(ctx, t)
}

func TestEstimateDoesNotBringBackWhatWasCleared(t *testing.T) {
	m := marks{}
	f := newFixture(4)
	f.primary.away.Store(true)
	f.Store = failover.New(f.primary, asking{memory.New(memory.Options{Marks: m})}, failover.Options{
		Gateways: func() int { return 4 }, Now: func() time.Time { return f.now },
	})
	for _, v := range []string{"u", "v", "w"} {
		_, err := f.touch(t, v)
		require.NoError(t, err)
	}
	tc, err := f.touch(t, "x")
	require.NoError(t, err)
	require.Equal(t, []float64{1 + 3*4}, tc.Entities[0].Series[0].Values[:1])
	require.Equal(t, []float64{1 + 3*4}, tc.Entities[0].Series[1].Values)

	m["accounta"] = scoring.EncodeMark(tc.Time, []byte("note"))
	tc, err = f.touch(t, "y")
	require.NoError(t, err)
	assert.True(t, tc.Degraded)
	assert.Equal(t, []float64{1, rules.NoValue, rules.NoValue}, tc.Entities[0].Series[0].Values, "the event itself")
	assert.Equal(t, []float64{1}, tc.Entities[0].Series[1].Values)
	assert.Equal(t, []byte("note"), tc.Entities[0].Mark)
	tc, err = f.touch(t, "z")
	require.NoError(t, err)
	assert.Equal(t, []float64{1 + 4}, tc.Entities[0].Series[0].Values[:1], "and what came after the clearing, estimated")
	assert.Equal(t, []float64{1 + 4}, tc.Entities[0].Series[1].Values)

	m["accounta"] = scoring.EncodeMark(base.Add(time.Duration(f.n+1)*time.Second), nil)
	tc, err = f.touch(t, "z")
	require.NoError(t, err)
	assert.Equal(t, []float64{0}, tc.Entities[0].Series[0].Values[:1], "cleared at the event's own instant")
	assert.Equal(t, []float64{0}, tc.Entities[0].Series[1].Values)
}
