package redis_test

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/redis"
)

func TestAnAccountIsErased(t *testing.T) {
	server := miniredis.RunT(t)
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	program, err := rules.Load("x", []byte(`
name: x
features:
  - {name: looks, entity: account, events: [stock.read], window: 1h, aggregate: count}
  - {name: crowd, entity: account, events: [stock.read], window: 1h, aggregate: count, precision: bucketed}
  - {name: here, entity: account+pool, events: [stock.read], window: 1h, aggregate: count}
  - {name: both, entity: device+account, events: [stock.read], window: 1h, aggregate: count}
  - {name: pools, entity: pool, events: [stock.read], window: 1h, aggregate: count}
rules:
  - {id: r, when: looks + crowd + here + both + pools > 100, on: account, action: flag, messages: {zh: 测试, en: test}}
`), rules.Options{})
	require.NoError(t, err)
	store := redis.New(client, redis.Options{})
	engine := scoring.New(store, scoring.Options{})
	engine.Swap(program)
	look := func(account, pool string) {
		var r scoring.Result
		require.NoError(t, engine.Inline(t.Context(), &ingest.Event{
			ID: account + pool, Time: time.Now(), Site: "s", Kind: ingest.KindStockRead,
			Subject: ingest.Subject{Account: account, Device: "d"}, Order: ingest.Order{Pool: pool},
		}, "", &r))
	}
	look("other", "p")
	look("a*", "other")
	kept := server.Keys()
	look("a", "p")
	look("a", "other")
	require.NoError(t, client.Set(t.Context(), redis.MarkKey(rules.EntityAccount, "a"), "m", 0).Err())
	require.Greater(t, len(server.Keys()), len(kept)+4)
	require.NoError(t, store.Erase(t.Context(), "s", "a"))
	assert.Equal(t, kept, server.Keys(), "of the account nothing is left, of others all")
	require.NoError(t, store.Erase(t.Context(), "s", "a"), "again")
	require.NoError(t, store.Erase(t.Context(), "s", "a*"), "a name that would be a pattern")
	assert.Less(t, len(server.Keys()), len(kept))
	assert.Contains(t, server.Keys(), "fg:{account:other}:log1")
}
