package redis_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/challenge"
	"fairgate/enforcement/challenge/redis"
	"fairgate/ingest"
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

func TestRedisAttempts(t *testing.T) {
	server := miniredis.RunT(t)
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	at, window := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC), 10*time.Minute
	for name, one := range map[string]challenge.Attempts{"redis": redis.NewAttempts(client), "memory": challenge.NewMemoryAttempts()} {
		count := func(at time.Time, add challenge.Tally, keys ...string) []challenge.Tally {
			found, err := one.Count(t.Context(), keys, window, at, add)
			require.NoError(t, err, name)
			return found
		}
		all := challenge.Tally{Issued: 1, Solved: 2, Failed: 3, Codes: 4}
		assert.Equal(t, []challenge.Tally{all, all}, count(at, all, "a", "b"), name)
		assert.Equal(t, []challenge.Tally{{Issued: 2, Solved: 2, Failed: 3, Codes: 3}}, count(at.Add(window), challenge.Tally{Issued: 1, Codes: -1}, "a"), name)
		assert.Equal(t, []challenge.Tally{{Issued: 1, Codes: -1}, {}}, count(at.Add(2*window), challenge.Tally{}, "a", "b"), name)
	}
	server.Close()
	_, err := redis.NewAttempts(client).Count(t.Context(), []string{"a"}, window, at, challenge.Tally{})
	require.Error(t, err)
}

// Two gateways get the same solution at the same instant: one pass.
func TestOneSolutionOnTwoGateways(t *testing.T) {
	address := os.Getenv("FAIRGATE_TEST_REDIS")
	if address == "" {
		address = miniredis.RunT(t).Addr()
	}
	key := []byte(strings.Repeat("k", 32))
	scope := challenge.Scope{Kind: ingest.KindOrderSubmit, Pool: "main"}
	visitor := challenge.Visitor{Subject: ingest.Subject{Account: "alice", Session: "s", Device: "phone"}}
	var gateways []*challenge.Service
	for range 2 {
		client := goredis.NewClient(&goredis.Options{Addr: address})
		t.Cleanup(func() { require.NoError(t, client.Close()) })
		s, err := challenge.New([][]byte{key}, challenge.NewFallbackSpent(redis.New(client), nil, challenge.Options{}),
			challenge.Options{MaxNumber: 1, Attempts: challenge.NewFallbackAttempts(redis.NewAttempts(client), nil)})
		require.NoError(t, err)
		gateways = append(gateways, s)
	}
	for range 20 {
		event := &ingest.Event{Time: time.Now(), Kind: scope.Kind, Subject: visitor.Subject, Order: ingest.Order{Pool: scope.Pool}}
		c, err := gateways[0].Issue(t.Context(), visitor, gateways[1].Ticket(event, ingest.Decision{}), scope)
		require.NoError(t, err)
		number := 0
		if sum := sha256.Sum256([]byte(c.Salt + "1")); hex.EncodeToString(sum[:]) == c.Challenge {
			number = 1
		}
		data, err := json.Marshal(map[string]any{"algorithm": c.Algorithm, "challenge": c.Challenge, "number": number, "salt": c.Salt, "signature": c.Signature})
		require.NoError(t, err)
		errs := make(chan error, 8)
		for i := range 8 {
			go func() {
				_, err := gateways[i%2].Redeem(t.Context(), visitor, base64.StdEncoding.EncodeToString(data), scope)
				errs <- err
			}()
		}
		won := 0
		for range 8 {
			if err := <-errs; err == nil {
				won++
			} else {
				require.ErrorIs(t, err, challenge.ErrSpent)
			}
		}
		assert.Equal(t, 1, won)
	}
}
