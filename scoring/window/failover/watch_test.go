package failover_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/scoring"
	"fairgate/scoring/window/failover"
	"fairgate/scoring/window/memory"
	"fairgate/scoring/window/redis"
)

// TestCountersThatBeganAnewAreNotBelieved empties a Redis, as a restart
// without persistence does, and looks at what answers say about themselves.
func TestCountersThatBeganAnewAreNotBelieved(t *testing.T) {
	server := miniredis.RunT(t)
	options := &goredis.UniversalOptions{Addrs: []string{server.Addr()}}
	redis.Configure(options)
	client := goredis.NewUniversalClient(options)
	t.Cleanup(func() { _ = client.Close() })
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	file := filepath.Join(t.TempDir(), "spool", "counted")
	start := func() (*failover.Store, *failover.Watch) {
		primary := redis.New(client, redis.Options{})
		s := failover.New(primary, memory.New(memory.Options{}), failover.Options{Timeout: time.Second, Now: func() time.Time { return now }})
		return s, failover.NewWatch(s, primary, file)
	}
	settling := func(s *failover.Store) bool {
		touch := &scoring.Touch{EventID: "01890000-0000-7000-8000-000000000001", Time: now}
		require.NoError(t, s.Touch(t.Context(), touch))
		require.False(t, touch.Degraded)
		return touch.Settling
	}

	s, w := start()
	require.NoError(t, w.Look(t.Context()))
	assert.False(t, settling(s), "counters that were never used have lost nothing")
	now = now.Add(time.Minute)
	require.NoError(t, w.Look(t.Context()))

	server.FlushAll()
	now = now.Add(time.Second)
	require.NoError(t, w.Look(t.Context()))
	assert.True(t, settling(s), "they began anew under a running gateway")
	now = now.Add(failover.Rest)
	require.NoError(t, w.Look(t.Context()))
	assert.False(t, settling(s), "who looked before has booked or looked again")

	server.FlushAll()
	now = now.Add(10 * time.Second)
	s, w = start()
	require.NoError(t, w.Look(t.Context()))
	assert.True(t, settling(s), "a gateway started after the loss knows from its note")
	other, look := start()
	require.NoError(t, look.Look(t.Context()))
	assert.True(t, settling(other), "and tells the fleet")

	server.FlushAll()
	now = now.Add(time.Hour)
	s, w = start()
	require.NoError(t, w.Look(t.Context()))
	assert.False(t, settling(s), "after an hour away nobody is on the way from looking to booking")
}
