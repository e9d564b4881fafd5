package failover_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/failover"
	"fairgate/scoring/window/memory"
	"fairgate/scoring/window/windowtest"
)

var (
	base    = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	errAway = errors.New("away")
)

// shared stands for the fleet's store: it can be away, or hang.
type shared struct {
	scoring.Counters
	away, hang atomic.Bool
	calls      atomic.Int64
}

func (s *shared) Touch(ctx context.Context, t *scoring.Touch) error {
	s.calls.Add(1)
	switch {
	case s.hang.Load():
		<-ctx.Done()
		return ctx.Err()
	case s.away.Load():
		return errAway
	}
	return s.Counters.Touch(ctx, t)
}

type fixture struct {
	*failover.Store
	primary *shared
	now     time.Time
	log     bytes.Buffer
	reg     *prometheus.Registry
	n       int
}

func newFixture(gateways int) *fixture {
	f := &fixture{primary: &shared{Counters: memory.New(memory.Options{})}, now: base, reg: prometheus.NewRegistry()}
	f.Store = failover.New(f.primary, memory.New(memory.Options{}), failover.Options{
		Gateways: func() int { return gateways }, Now: func() time.Time { return f.now },
		Logger: slog.New(slog.NewTextHandler(&f.log, nil)), Registerer: f.reg,
	})
	return f
}

var reads = []scoring.Read{
	{Window: time.Minute, Aggregate: rules.AggCount},
	{Window: time.Minute, Aggregate: rules.AggSinceFirst},
	{Window: time.Minute, Aggregate: rules.AggRegularity},
}

// touch counts one event of the account with the values, and advances event
// time by a second.
func (f *fixture) touch(t *testing.T, values ...string) (*scoring.Touch, error) {
	t.Helper()
	f.n++
	id := fmt.Sprint("event ", f.n)
	tc := &scoring.Touch{EventID: id, Time: base.Add(time.Duration(f.n) * time.Second), Entities: []scoring.EntityTouch{{
		Entity: rules.EntityAccount, Key: "a", Series: []scoring.SeriesTouch{
			{Series: &scoring.Series{ID: "e", Keep: time.Minute, Limit: 500, Reads: reads}, Members: []string{id}, Values: make([]float64, 3)},
			{Series: &scoring.Series{
				ID: "d", Keep: time.Minute, Limit: 50, Shape: scoring.ShapeValues,
				Reads: []scoring.Read{{Window: time.Minute, Aggregate: rules.AggDistinct}},
			}, Members: values, Values: make([]float64, 1)},
		},
	}}}
	return tc, f.Touch(t.Context(), tc)
}

func (f *fixture) state(t *testing.T) float64 {
	t.Helper()
	families, err := f.reg.Gather()
	require.NoError(t, err)
	for _, m := range families {
		if m.GetName() == "fairgate_failover_state" {
			return m.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatal("no metric of the state")
	return 0
}

func TestConformanceWhilePrimaryIsThere(t *testing.T) {
	windowtest.Run(t, func(*testing.T) windowtest.Harness {
		m := marks{}
		return windowtest.Harness{
			Counters: failover.New(memory.New(memory.Options{Marks: m}), memory.New(memory.Options{}), failover.Options{}),
			SetMark:  m.set,
		}
	})
}

type marks map[string][]byte

func (m marks) Mark(e rules.Entity, key string) []byte { return m[string(e)+key] }

func (m marks) set(_ testing.TB, e rules.Entity, key string, data []byte) { m[string(e)+key] = data }

func TestMarksComeFromTheSnapshotWhileDegraded(t *testing.T) {
	m := marks{"accounta": []byte("deny")}
	primary := &shared{}
	primary.away.Store(true)
	s := failover.New(primary, memory.New(memory.Options{Marks: m}), failover.Options{})
	tc := &scoring.Touch{EventID: "e", Time: base, Entities: []scoring.EntityTouch{{Entity: rules.EntityAccount, Key: "a", ReadMark: true}}}
	require.NoError(t, s.Touch(t.Context(), tc))
	assert.True(t, tc.Degraded)
	assert.Equal(t, []byte("deny"), tc.Entities[0].Mark)
}

func TestEstimateScalesOnlyWhatOthersDid(t *testing.T) {
	f := newFixture(4)
	f.primary.away.Store(true)
	tc, err := f.touch(t, "x", "y", "y", "z")
	require.NoError(t, err)
	assert.True(t, tc.Degraded)
	assert.Equal(t, []float64{1, rules.NoValue, rules.NoValue}, tc.Entities[0].Series[0].Values,
		"one event is one event, whatever the number of gateways; NoValue stays")
	assert.Equal(t, []float64{3}, tc.Entities[0].Series[1].Values)
	tc, err = f.touch(t, "z")
	require.NoError(t, err)
	assert.Equal(t, []float64{1 + 4}, tc.Entities[0].Series[0].Values[:1])
	assert.Equal(t, []float64{1 + 2*4}, tc.Entities[0].Series[1].Values)
}

func TestNobodyLooksLikeANewcomerDuringAnOutage(t *testing.T) {
	f := newFixture(1)
	f.primary.away.Store(true)
	var last float64
	for n := range 75 {
		tc, err := f.touch(t)
		require.NoError(t, err)
		last = tc.Entities[0].Series[0].Values[1]
		if n < 64 { // the breaker opened at the fifth
			require.InDelta(t, rules.NoValue, last, 0, "second %d: the first event of a minute is not known", n)
		}
	}
	assert.InDelta(t, 59, last, 0)
}

func TestBreakerOpensAndClosesWithHysteresis(t *testing.T) {
	f := newFixture(1)
	touch := func() bool {
		t.Helper()
		tc, err := f.touch(t)
		require.NoError(t, err)
		return tc.Degraded
	}
	require.False(t, touch())
	f.primary.away.Store(true)
	for n := range 5 {
		require.False(t, f.Degraded(), "after %d failures", n)
		require.True(t, touch(), "each failed touch is answered locally")
	}
	require.True(t, f.Degraded())
	assert.Equal(t, 1.0, f.state(t))
	calls := f.primary.calls.Load()
	for range 100 {
		require.True(t, touch())
	}
	assert.Equal(t, calls, f.primary.calls.Load(), "nobody waits for a store that is away")

	f.now = f.now.Add(200 * time.Millisecond)
	require.True(t, touch(), "a probe that fails is answered locally")
	assert.Equal(t, calls+1, f.primary.calls.Load())

	f.primary.away.Store(false)
	for n := range 9 {
		f.now = f.now.Add(200 * time.Millisecond)
		require.False(t, touch(), "probe %d", n)
		require.True(t, touch(), "all others stay local")
	}
	f.primary.away.Store(true) // one relapse, and it begins again
	f.now = f.now.Add(200 * time.Millisecond)
	require.True(t, touch())
	f.primary.away.Store(false)
	for range 10 {
		require.True(t, f.Degraded())
		f.now = f.now.Add(200 * time.Millisecond)
		require.False(t, touch())
	}
	assert.False(t, f.Degraded())
	assert.Equal(t, 0.0, f.state(t))
	require.False(t, touch())
	assert.Equal(t, 2, strings.Count(f.log.String(), "\n"), "each change is logged once:\n%s", f.log.String())
}

func TestBreakerOpensOnAShareOfFailures(t *testing.T) {
	f := newFixture(1)
	for n := 0; !f.Degraded(); n++ {
		require.Less(t, n, 64, "every second call fails")
		f.primary.away.Store(n%2 == 0)
		_, err := f.touch(t)
		require.NoError(t, err)
	}
}

func TestASlowPrimaryCostsNoMoreThanTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(1)
		f.primary.hang.Store(true)
		start := time.Now()
		tc, err := f.touch(t)
		require.NoError(t, err)
		assert.True(t, tc.Degraded)
		assert.Equal(t, 15*time.Millisecond, time.Since(start))
	})
}

func TestVisitorsWhoLeaveAreNoFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(1)
		f.primary.hang.Store(true)
		for n := range 20 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Millisecond, cancel)
			err := f.Touch(ctx, &scoring.Touch{EventID: fmt.Sprint(n), Time: base})
			require.ErrorIs(t, err, context.Canceled)
		}
		assert.False(t, f.Degraded())
	})
}

func TestInvalidTouchIsNoFailure(t *testing.T) {
	f := newFixture(1)
	for range 20 {
		require.ErrorIs(t, f.Touch(t.Context(), &scoring.Touch{}), scoring.ErrInvalidTouch)
	}
	assert.False(t, f.Degraded())
}

func TestCountersSettleAfterAnOutage(t *testing.T) {
	f := newFixture(1)
	touch := func() *scoring.Touch {
		t.Helper()
		tc, err := f.touch(t)
		require.NoError(t, err)
		return tc
	}
	outage := func(lasting time.Duration) {
		f.primary.away.Store(true)
		for !f.Degraded() {
			assert.True(t, touch().Settling, "what is not in an estimate may have happened all the same")
		}
		f.now = f.now.Add(lasting - 2*time.Second)
		f.primary.away.Store(false)
		for f.Degraded() {
			f.now = f.now.Add(200 * time.Millisecond)
			tc := touch()
			assert.True(t, tc.Settling && !tc.Degraded, "what a probe reads lacks the outage")
		}
	}
	require.False(t, touch().Settling)
	for _, c := range []struct{ lasting, settles time.Duration }{
		{3 * time.Second, 10 * time.Second}, {2 * time.Minute, 2 * time.Minute}, {time.Hour, 10 * time.Minute},
	} {
		outage(c.lasting)
		f.now = f.now.Add(c.settles - time.Millisecond)
		assert.True(t, touch().Settling, "after %s", c.lasting)
		f.now = f.now.Add(time.Millisecond)
		assert.False(t, touch().Settling, "after %s", c.lasting)
	}
}
