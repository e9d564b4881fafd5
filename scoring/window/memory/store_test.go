package memory_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window"
	"fairgate/scoring/window/memory"
	"fairgate/scoring/window/windowtest"
)

type marks struct{ m sync.Map }

func (m *marks) Mark(entity rules.Entity, key string) []byte {
	v, _ := m.m.Load(string(entity) + ":" + key)
	b, _ := v.([]byte)
	return b
}

func TestConformance(t *testing.T) {
	windowtest.Run(t, func(*testing.T) windowtest.Harness { return harness() })
}

func TestLongRandomSequences(t *testing.T) {
	windowtest.RunLong(t, harness(), windowtest.Events(t, 200_000), nil)
}

func harness() windowtest.Harness {
	var m marks
	return windowtest.Harness{
		Counters: memory.New(memory.Options{Marks: &m}),
		SetMark: func(_ testing.TB, e rules.Entity, key string, data []byte) {
			m.m.Store(string(e)+":"+key, data)
		},
	}
}

var (
	base   = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	minute = &scoring.Series{
		ID: "m", Keep: time.Minute, Limit: 50,
		Reads: []scoring.Read{{Window: time.Minute, Aggregate: rules.AggCount}},
	}
)

func count(t testing.TB, s *memory.Store, key string, when time.Time, write bool) float64 {
	t.Helper()
	id := uuid.NewString()
	tc := scoring.Touch{EventID: id, Time: when, Entities: []scoring.EntityTouch{{
		Entity: rules.EntityAccount, Key: key,
		Series: []scoring.SeriesTouch{{Series: minute, Values: make([]float64, 1)}},
	}}}
	if write {
		tc.Entities[0].Series[0].Members = []string{id}
	}
	require.NoError(t, s.Touch(context.Background(), &tc))
	return tc.Entities[0].Series[0].Values[0]
}

func TestEntitiesAreBounded(t *testing.T) {
	reg := prometheus.NewRegistry()
	s := memory.New(memory.Options{MaxEntities: 640, Registerer: reg})
	for n := range 5000 {
		count(t, s, fmt.Sprint("account ", n), base, true)
	}
	assert.InDelta(t, 5000-640, evicted(t, reg), 64, "the rest was forgotten, and counted")
	assert.Equal(t, 2.0, count(t, s, "account 4999", base, true), "the newest was not")
}

func TestIdleEntitiesAreForgottenWithoutEvictions(t *testing.T) {
	reg := prometheus.NewRegistry()
	s := memory.New(memory.Options{MaxEntities: 6400, Registerer: reg})
	for round := range 10 {
		when := base.Add(time.Duration(round) * (time.Hour + window.Lateness))
		for n := range 2000 {
			count(t, s, fmt.Sprintf("%d/%d", round, n), when, true)
		}
	}
	assert.Zero(t, evicted(t, reg), "20,000 entities, but never more than 6,400 in use")
}

func evicted(t *testing.T, reg *prometheus.Registry) float64 {
	t.Helper()
	families, err := reg.Gather()
	require.NoError(t, err)
	require.Equal(t, "fairgate_window_memory_evicted_total", families[0].GetName())
	return families[0].GetMetric()[0].GetCounter().GetValue()
}

func TestConcurrentTouches(t *testing.T) {
	s := memory.New(memory.Options{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				count(t, s, "shared", base, true)
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 40.0, count(t, s, "shared", base, false))
}

func BenchmarkTouch(b *testing.B) {
	s := memory.New(memory.Options{})
	ids := make([]string, 4096)
	for i := range ids {
		ids[i] = uuid.NewString()
	}
	tc := windowtest.Typical()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		windowtest.Reuse(tc, ids[i%len(ids)], fmt.Sprint(i%1000), base.Add(time.Duration(i)*time.Millisecond))
		if err := s.Touch(b.Context(), tc); err != nil {
			b.Fatal(err)
		}
	}
}
