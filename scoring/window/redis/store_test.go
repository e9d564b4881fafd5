package redis_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/redis"
	"fairgate/scoring/window/windowtest"
)

var base = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func connect(t testing.TB, addr string) goredis.UniversalClient {
	t.Helper()
	o := &goredis.UniversalOptions{Addrs: []string{addr}}
	redis.Configure(o)
	c := goredis.NewUniversalClient(o)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// realRedis is the address of a real Redis, from the environment.
func realRedis(t testing.TB) string {
	t.Helper()
	addr := os.Getenv("FAIRGATE_TEST_REDIS")
	if addr == "" {
		if os.Getenv("FAIRGATE_TEST_ENGINES") == "required" {
			t.Fatal("FAIRGATE_TEST_REDIS is not set, and engines are required")
		}
		t.Skip("FAIRGATE_TEST_REDIS is not set")
	}
	return addr
}

func harness(client goredis.UniversalClient) windowtest.Harness {
	return windowtest.Harness{
		Counters: redis.New(client, redis.Options{}),
		SetMark: func(t testing.TB, e rules.Entity, key string, data []byte) {
			t.Helper()
			require.NoError(t, client.Set(context.Background(), redis.MarkKey(e, key), data, time.Minute).Err())
		},
	}
}

func TestConformanceEmbedded(t *testing.T) {
	windowtest.Run(t, func(t *testing.T) windowtest.Harness {
		return harness(connect(t, miniredis.RunT(t).Addr()))
	})
}

func TestConformanceRedis(t *testing.T) {
	addr := realRedis(t)
	windowtest.Run(t, func(t *testing.T) windowtest.Harness { return harness(connect(t, addr)) })
}

func TestConformanceCluster(t *testing.T) {
	windowtest.Run(t, func(t *testing.T) windowtest.Harness {
		c, _ := cluster(t, nil)
		return harness(c)
	})
}

func TestSeriesExpireAndAreTrimmed(t *testing.T) {
	m := miniredis.RunT(t)
	s := redis.New(connect(t, m.Addr()), redis.Options{Slack: 5 * time.Minute})
	series := &scoring.Series{
		ID: "s", Keep: time.Minute, Limit: 40,
		Reads: []scoring.Read{{Window: time.Minute, Aggregate: rules.AggCount}},
	}
	const key = "fg:{account:a}:s"
	most := 0
	for n := range 1000 {
		id := uuid.Must(uuid.NewV7()).String()
		tc := scoring.Touch{EventID: id, Time: base.Add(time.Duration(n) * time.Millisecond), Entities: []scoring.EntityTouch{{
			Entity: rules.EntityAccount, Key: "a",
			Series: []scoring.SeriesTouch{{Series: series, Members: []string{id}, Values: make([]float64, 1)}},
		}}}
		require.NoError(t, s.Touch(t.Context(), &tc))
		members, err := m.ZMembers(key)
		require.NoError(t, err)
		most = max(most, len(members))
		require.Len(t, members[0], 16, "an event id takes 16 bytes")
	}
	assert.Less(t, most, 40+200, "one event in sixteen trims")
	assert.Equal(t, 6*time.Minute, m.TTL(key))
	m.FastForward(6*time.Minute + time.Second)
	assert.False(t, m.Exists(key))
}

func BenchmarkTouchEmbedded(b *testing.B) { benchmark(b, miniredis.RunT(b).Addr()) }

func BenchmarkTouchRedis(b *testing.B) { benchmark(b, realRedis(b)) }

// benchmark measures the typical touch from eight callers a core, each event
// for one of 2,000 actors.
func benchmark(b *testing.B, addr string) {
	s := redis.New(connect(b, addr), redis.Options{})
	run := uuid.NewString()[:8]
	actors := make([]string, 2000)
	for i := range actors {
		actors[i] = run + uuid.NewString()[:8]
	}
	b.ReportAllocs()
	b.SetParallelism(8)
	start := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		tc := windowtest.Typical()
		for i := 0; pb.Next(); i++ {
			windowtest.Reuse(tc, uuid.Must(uuid.NewV7()).String(), actors[i%len(actors)], time.Now())
			if err := s.Touch(context.Background(), tc); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "touches/s")
}
