package redis_test

import (
	"os"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	"fairgate/enforcement/lists/redis"
	"fairgate/ingest"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/rules"
	window "fairgate/scoring/window/redis"
)

func eachRedis(t *testing.T, test func(t *testing.T, client *goredis.Client)) {
	t.Helper()
	t.Run("miniredis", func(t *testing.T) {
		client := goredis.NewClient(&goredis.Options{Addr: miniredis.RunT(t).Addr()})
		t.Cleanup(func() { require.NoError(t, client.Close()) })
		test(t, client)
	})
	t.Run("redis", func(t *testing.T) {
		addr := os.Getenv("FAIRGATE_TEST_REDIS")
		if addr == "" {
			require.NotEqual(t, "required", os.Getenv("FAIRGATE_TEST_ENGINES"), "FAIRGATE_TEST_REDIS is not set")
			t.Skip("FAIRGATE_TEST_REDIS is not set")
		}
		client := goredis.NewClient(&goredis.Options{Addr: addr, DB: 7})
		require.NoError(t, client.FlushDB(t.Context()).Err())
		t.Cleanup(func() { require.NoError(t, client.Close()) })
		test(t, client)
	})
}

func TestMarksLieBesideTheCountersAndComeBack(t *testing.T) {
	eachRedis(t, func(t *testing.T, client *goredis.Client) {
		start := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
		service, err := lists.New(t.Context(), sqldbtest.SQLite(t), redis.New(client),
			lists.Options{Now: func() time.Time { return start }})
		require.NoError(t, err)
		target := enforcement.Target{Entity: rules.EntityAccount, Key: "a"}
		denied, err := service.Deny(t.Context(), []enforcement.Denial{{
			Site: "museum", Target: target, Source: enforcement.EntryByRule, Rule: "rotation",
			Class: ingest.ReasonIdentity, Actor: enforcement.ActorEnforcer, At: start, TTL: time.Hour,
		}})
		require.NoError(t, err)

		read := func() enforcement.Mark {
			data, err := client.Get(t.Context(), window.MarkKey(target.Entity, target.Key)).Bytes()
			require.NoError(t, err)
			mark, err := enforcement.DecodeMark(data)
			require.NoError(t, err)
			return mark
		}
		assert.Equal(t, denied[0].EntryID, read().Entries[0].ID)
		ttl, err := client.TTL(t.Context(), window.MarkKey(target.Entity, target.Key)).Result()
		require.NoError(t, err)
		assert.InDelta(t, (2 * time.Hour).Seconds(), ttl.Seconds(), 60, "an hour, and an hour's grace")

		require.NoError(t, client.FlushDB(t.Context()).Err())
		require.NoError(t, service.EnsureMarks(t.Context()))
		assert.Equal(t, denied[0].EntryID, read().Entries[0].ID, "restored after the loss")

		_, err = service.Clear(t.Context(), "museum", target, start.Add(time.Minute), "li", "people")
		require.NoError(t, err)
		assert.Equal(t, enforcement.Mark{Cleared: start.Add(time.Minute)}, read())
		ttl, err = client.TTL(t.Context(), window.MarkKey(target.Entity, target.Key)).Result()
		require.NoError(t, err)
		assert.InDelta(t, (rules.MaxWindow + time.Hour).Seconds(), ttl.Seconds(), 120)
		require.NoError(t, client.FlushDB(t.Context()).Err())
		require.NoError(t, service.EnsureMarks(t.Context()))
		assert.Equal(t, enforcement.Mark{Cleared: start.Add(time.Minute)}, read(), "restored after the loss")
	})
}

func TestMarkThatSaysNothingIsGone(t *testing.T) {
	eachRedis(t, func(t *testing.T, client *goredis.Client) {
		start := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
		service, err := lists.New(t.Context(), sqldbtest.SQLite(t), redis.New(client),
			lists.Options{Now: func() time.Time { return start }})
		require.NoError(t, err)
		target := enforcement.Target{Entity: rules.EntityAccount, Key: "a"}
		denied, err := service.Deny(t.Context(), []enforcement.Denial{{
			Target: target, Source: enforcement.EntryByHand, Reason: "resold", Actor: "li", At: start,
		}})
		require.NoError(t, err)
		_, err = service.Lift(t.Context(), denied[0].EntryID, "li", "people")
		require.NoError(t, err)
		exists, err := client.Exists(t.Context(), window.MarkKey(target.Entity, target.Key)).Result()
		require.NoError(t, err)
		assert.Zero(t, exists)
	})
}

func TestVersionThatIsNoNumber(t *testing.T) {
	eachRedis(t, func(t *testing.T, client *goredis.Client) {
		marks := redis.New(client)
		_, ok, err := marks.Version(t.Context())
		require.NoError(t, err)
		assert.False(t, ok)
		require.NoError(t, client.Set(t.Context(), "fg:lists:version", "junk", 0).Err())
		_, _, err = marks.Version(t.Context())
		require.ErrorContains(t, err, "junk")
	})
}
