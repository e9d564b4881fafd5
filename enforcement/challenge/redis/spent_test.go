package redis_test

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/challenge"
	"fairgate/enforcement/challenge/redis"
)

// conform holds a Spent to its contract; pass lets time go by.
func conform(t *testing.T, spent challenge.Spent, pass func(time.Duration)) {
	t.Helper()
	once := func(id string) bool {
		first, err := spent.Once(t.Context(), id, time.Minute)
		require.NoError(t, err)
		return first
	}
	assert.True(t, once("a"))
	assert.False(t, once("a"))
	assert.True(t, once("b"))
	pass(59 * time.Second)
	assert.False(t, once("a"))
	pass(2 * time.Minute)
	assert.True(t, once("a"))
}

func TestRedisSpent(t *testing.T) {
	server := miniredis.RunT(t)
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	conform(t, redis.New(client), server.FastForward)
	server.Close()
	_, err := redis.New(client).Once(t.Context(), "x", time.Minute)
	require.Error(t, err)
}

func TestMemorySpent(t *testing.T) {
	now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	conform(t, challenge.NewMemorySpent(func() time.Time { return now }), func(d time.Duration) { now = now.Add(d) })
}
