package redis_test

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/pulse"
	"fairgate/ingest/pulse/redis"
)

func TestBookKeepsTheLastOfEachProcess(t *testing.T) {
	server := miniredis.RunT(t)
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	now := time.UnixMilli(1_800_000_000_000).UTC()
	b := redis.New(client, "museum", func() time.Time { return now })
	put := func(role pulse.Role, name string, at time.Time) {
		require.NoError(t, b.Put(t.Context(), pulse.Record{Role: role, Name: name, Boot: "b", At: at}))
	}
	put(pulse.Gateway, "g1", now)
	put(pulse.Gateway, "g1", now.Add(time.Second))
	put(pulse.Scorer, "g1", now)
	put(pulse.Enforcer, "old", now.Add(-2*time.Hour))
	server.HSet("fg:pulse:museum", "gateway/broken", "{")

	all, err := b.All(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 2)
	for _, r := range all {
		if r.Role == pulse.Gateway {
			assert.Equal(t, now.Add(time.Second), r.At)
		}
	}
	fields, err := server.HKeys("fg:pulse:museum")
	require.NoError(t, err)
	assert.Len(t, fields, 2, "the old and the broken one are gone")

	require.NoError(t, b.Forget(t.Context(), pulse.Scorer, "g1"))
	all, err = b.All(t.Context())
	require.NoError(t, err)
	assert.Len(t, all, 1)

	other, err := redis.New(client, "theatre", nil).All(t.Context())
	require.NoError(t, err)
	assert.Empty(t, other)

	require.ErrorIs(t, b.Put(t.Context(), pulse.Record{}), pulse.ErrBadRecord)
	server.Close()
	_, err = b.All(t.Context())
	require.ErrorContains(t, err, "redis")
}
