package failover_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/scoring"
	"fairgate/scoring/window/failover"
)

// second is a touch of one that comes each second; the clock goes along.
func (f *fixture) second(t *testing.T) *scoring.Touch {
	t.Helper()
	f.now = f.now.Add(time.Second)
	tc, err := f.touch(t, "x")
	require.NoError(t, err)
	return tc
}

func TestAPrimaryThatComesAndGoesLeavesNoHoles(t *testing.T) {
	f := newFixture(1)
	var last *scoring.Touch
	outages := 0
	for round := range 6 {
		f.primary.away.Store(true)
		for range 12 {
			last = f.second(t)
		}
		require.True(t, last.Degraded)
		outages++
		if round > 0 {
			assert.Equal(t, []float64{60}, last.Entities[0].Series[0].Values[:1], "all of the last minute, whoever answered: round %d", round)
			assert.InDelta(t, 0, last.Entities[0].Series[0].Values[2], 0.001, "and its rhythm")
		}
		f.primary.away.Store(false)
		for range 60 {
			last = f.second(t)
		}
		require.False(t, last.Degraded)
	}
	assert.Equal(t, 6, outages)
	f.now, f.n = f.now.Add(time.Hour), f.n+3600
	for range 11 {
		last = f.second(t)
	}
	f.primary.away.Store(true)
	for range 6 {
		last = f.second(t)
	}
	assert.Equal(t, []float64{6}, last.Entities[0].Series[0].Values[:1], "an hour after an outage nothing is mirrored")
}

func TestATokenSpentWhileMirroringIsSpentInTheNextOutage(t *testing.T) {
	f := newFixture(1)
	f.primary.away.Store(true)
	for range 6 {
		f.second(t)
	}
	f.primary.away.Store(false)
	for range 10 {
		f.second(t)
	}
	spend := func(id string) bool {
		tc := &scoring.Touch{EventID: id, Time: f.now, Burn: "pass", BurnTTL: time.Minute}
		require.NoError(t, f.Touch(t.Context(), tc))
		return tc.Burnt
	}
	require.True(t, spend("first"))
	f.primary.away.Store(true)
	assert.False(t, spend("second"))
}

func TestAGatewayThatIsAloneKnowsWhoDidNotLook(t *testing.T) {
	for gateways, knows := range map[int]bool{1: true, 2: false} {
		f := newFixture(gateways)
		f.primary.away.Store(true)
		for range int(failover.Rest/time.Second) + 4 { // the breaker opens at the fifth
			require.True(t, f.second(t).Settling, "what came before the outage is not known")
		}
		assert.Equal(t, !knows, f.second(t).Settling, "%d gateways", gateways)
	}
}
