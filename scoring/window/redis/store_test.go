package redis_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
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
	return fromEnvironment(t, "FAIRGATE_TEST_REDIS")
}

// realCluster connects to a real Redis Cluster.
func realCluster(t testing.TB) goredis.UniversalClient {
	t.Helper()
	o := &goredis.UniversalOptions{Addrs: strings.Split(fromEnvironment(t, "FAIRGATE_TEST_REDIS_CLUSTER"), ",")}
	redis.Configure(o)
	c := goredis.NewUniversalClient(o)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func fromEnvironment(t testing.TB, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		if os.Getenv("FAIRGATE_TEST_ENGINES") == "required" {
			t.Fatal(name + " is not set, and engines are required")
		}
		t.Skip(name + " is not set")
	}
	return value
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
	t.Run("embedded", func(t *testing.T) {
		windowtest.Run(t, func(t *testing.T) windowtest.Harness {
			c, _ := cluster(t, nil)
			return harness(c)
		})
	})
	t.Run("redis", func(t *testing.T) {
		c := realCluster(t)
		windowtest.Run(t, func(*testing.T) windowtest.Harness { return harness(c) })
	})
}

// TestLongRandomSequences loses the scripts now and then.
func TestLongRandomSequences(t *testing.T) {
	run := func(t *testing.T, client goredis.UniversalClient, usual int) {
		t.Helper()
		windowtest.RunLong(t, harness(client), windowtest.Events(t, usual), func(t *testing.T) {
			t.Helper()
			require.NoError(t, client.ScriptFlush(t.Context()).Err())
		})
	}
	t.Run("embedded", func(t *testing.T) { run(t, connect(t, miniredis.RunT(t).Addr()), 10_000) })
	t.Run("redis", func(t *testing.T) { run(t, connect(t, realRedis(t)), 200_000) })
	t.Run("cluster", func(t *testing.T) { run(t, realCluster(t), 20_000) })
}
