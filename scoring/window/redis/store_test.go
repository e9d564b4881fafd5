package redis_test

import (
	"context"
	"os"
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
