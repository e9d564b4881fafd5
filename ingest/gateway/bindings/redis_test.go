package bindings_test

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/gateway"
	"fairgate/ingest/gateway/bindings"
)

func TestFleetSharesBindings(t *testing.T) {
	server := miniredis.RunT(t)
	open := func() gateway.Bindings {
		client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
		t.Cleanup(func() { _ = client.Close() })
		return gateway.NewMemoryBindings(100, bindings.NewRedis(client), time.Now)
	}
	one, other := open(), open()
	require.NoError(t, one.Put(t.Context(), "s1", "a1", time.Hour))
	account, ok, err := other.Get(t.Context(), "s1")
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, "a1", account)

	_, ok, err = other.Get(t.Context(), "s2")
	require.NoError(t, err)
	assert.False(t, ok)

	server.Close()
	account, ok, err = other.Get(t.Context(), "s1")
	require.NoError(t, err, "what was seen before needs no Redis")
	assert.True(t, ok)
	assert.Equal(t, "a1", account)
	_, _, err = other.Get(t.Context(), "s3")
	require.Error(t, err)
}

func TestAnAccountsSessionsAreErased(t *testing.T) {
	server := miniredis.RunT(t)
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	shared := bindings.NewRedis(client)
	for session, account := range map[string]string{"s1": "a1", "s2": "a2", "s3": "a1"} {
		require.NoError(t, shared.Put(t.Context(), session, account, time.Hour))
	}
	require.NoError(t, shared.Erase(t.Context(), "museum", "a1"))
	require.NoError(t, shared.Erase(t.Context(), "museum", "a1"), "again")
	assert.Equal(t, []string{"fg:sb:{s2}"}, server.Keys())
	server.Close()
	assert.Error(t, shared.Erase(t.Context(), "museum", "a2"))
}
