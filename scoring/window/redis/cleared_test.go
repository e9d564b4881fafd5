package redis_test

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/redis"
)

func TestTheClearedCostNoSecondRoundTrip(t *testing.T) {
	server := miniredis.RunT(t)
	p := newProxy(t, server.Addr())
	s := redis.New(connect(t, p.Addr().String()), redis.Options{})
	require.NoError(t, s.Touch(t.Context(), full(uuid.NewString())), "opens the connection")
	for _, c := range []struct {
		name  string
		since time.Time
		first []float64 // over 10 s and a minute, the account's events before this one: now, now
	}{
		{"a mark that clears nothing", time.Time{}, []float64{2, 2}},
		{"cleared before every window", base.Add(-10 * time.Minute), []float64{3, 3}},
		{"cleared within some windows", base.Add(-11 * time.Second), []float64{4, 4}},
		{"cleared after the event", base.Add(time.Second), []float64{5, 5}},
		{"cleared at the event", base, []float64{0, 0}},
	} {
		for _, e := range []rules.Entity{rules.EntityAccount, rules.EntityDevice} {
			require.NoError(t, server.Set(redis.MarkKey(e, "actor"), string(scoring.EncodeMark(c.since, []byte("note")))))
		}
		trips := p.trips.Load()
		tc := full(uuid.NewString())
		require.NoError(t, s.Touch(t.Context(), tc), c.name)
		assert.Equal(t, int64(1), p.trips.Load()-trips, "%s: round trips on the wire", c.name)
		assert.Equal(t, c.first, tc.Entities[0].Series[0].Values, c.name)
		assert.Equal(t, []byte("note"), tc.Entities[1].Mark, c.name)
		assert.True(t, tc.Burnt, c.name)
	}
}
