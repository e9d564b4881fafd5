package redis_test

import (
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/fingerprint/collector"
	"fairgate/ingest/fingerprint/collector/redis"
)

// conform holds a Store to its contract. Two of the same fleet are given; run
// keeps the names of one run apart.
func conform(t *testing.T, here, there collector.Store, run string) {
	t.Helper()
	ctx := t.Context()
	first, err := here.Burn(ctx, run+"a", time.Minute)
	require.NoError(t, err)
	assert.True(t, first)
	first, err = there.Burn(ctx, run+"a", time.Minute)
	require.NoError(t, err)
	assert.False(t, first)

	var won atomic.Int32
	var all sync.WaitGroup
	for i := range 16 {
		store := []collector.Store{here, there}[i%2]
		all.Go(func() {
			if first, err := store.Burn(ctx, run+"same", time.Minute); err == nil && first {
				won.Add(1)
			}
		})
	}
	all.Wait()
	assert.EqualValues(t, 1, won.Load(), "of sixteen at the same instant one wins")

	bound, err := here.Bind(ctx, run+"device", "key1")
	require.NoError(t, err)
	assert.Equal(t, "key1", bound)
	bound, err = there.Bind(ctx, run+"device", "key2")
	require.NoError(t, err)
	assert.Equal(t, "key1", bound, "the first holds")

	keys := []string{run + "1", run + "2", run + "3"}
	require.NoError(t, here.Found(ctx, keys[:2], "f1"))
	require.NoError(t, there.Found(ctx, keys[1:], "f2"))
	found, err := there.Families(ctx, append(keys, run+"4"))
	require.NoError(t, err)
	assert.Equal(t, []string{"f1", "f1", "f2", ""}, found)
}

func client(t *testing.T, addr string) goredis.UniversalClient {
	t.Helper()
	c := goredis.NewClient(&goredis.Options{Addr: addr, MaxRetries: -1, DialTimeout: time.Second, DialerRetries: 1})
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestStores(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		memory := collector.NewMemory(nil)
		conform(t, memory, memory, "")
	})
	t.Run("embedded", func(t *testing.T) {
		server := miniredis.RunT(t)
		conform(t, redis.New(client(t, server.Addr())), redis.New(client(t, server.Addr())), "")
		server.FastForward(2 * time.Minute)
		first, err := redis.New(client(t, server.Addr())).Burn(t.Context(), "a", time.Minute)
		require.NoError(t, err)
		assert.True(t, first, "forgotten after its time")
	})
	t.Run("fallback", func(t *testing.T) {
		server := miniredis.RunT(t)
		open := func() collector.Store {
			return collector.NewFallback(redis.New(client(t, server.Addr())), collector.FallbackOptions{})
		}
		conform(t, open(), open(), "")
		alone := redis.New(client(t, server.Addr()))
		server.Close()
		_, err := alone.Burn(t.Context(), "x", time.Minute)
		require.Error(t, err)
		_, err = alone.Bind(t.Context(), "x", "y")
		require.Error(t, err)
		_, err = alone.Families(t.Context(), []string{"x"})
		require.Error(t, err)
		require.Error(t, alone.Found(t.Context(), []string{"x"}, "y"))
	})
	t.Run("real", func(t *testing.T) {
		addr := os.Getenv("FAIRGATE_TEST_REDIS")
		if addr == "" {
			require.NotEqual(t, "required", os.Getenv("FAIRGATE_TEST_ENGINES"), "FAIRGATE_TEST_REDIS is not set")
			t.Skip("FAIRGATE_TEST_REDIS is not set")
		}
		addr, _, _ = strings.Cut(addr, ",")
		conform(t, redis.New(client(t, addr)), redis.New(client(t, addr)), t.Name()+time.Now().Format(time.RFC3339Nano))
	})
}
