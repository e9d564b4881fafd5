package embedded_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/embedded"
)

func openRedis(t *testing.T, file string) (*embedded.Redis, *goredis.Client) {
	t.Helper()
	r, err := embedded.StartRedis(file, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close() })
	client := goredis.NewClient(&goredis.Options{Addr: r.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	return r, client
}

func TestRedisIsKeptOverAnOrderlyRestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "redis.snapshot")
	r, client := openRedis(t, file)
	binary := string([]byte{0, 0xff, '\n', '"'})
	require.NoError(t, client.Set(t.Context(), "mark", binary, 0).Err())
	require.NoError(t, client.Set(t.Context(), "log", "b", time.Hour).Err())
	require.NoError(t, client.HSet(t.Context(), "tries", binary, "3", "b", binary).Err())
	require.NoError(t, client.SAdd(t.Context(), "seen", binary, "b").Err())
	require.NoError(t, r.Close())

	_, client = openRedis(t, file)
	values, err := client.MGet(t.Context(), "mark", "log").Result()
	require.NoError(t, err)
	assert.Equal(t, []any{binary, "b"}, values)
	tries, err := client.HGetAll(t.Context(), "tries").Result()
	require.NoError(t, err)
	assert.Equal(t, map[string]string{binary: "3", "b": binary}, tries)
	seen, err := client.SMembers(t.Context(), "seen").Result()
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{binary, "b"}, seen)
	ttl, err := client.TTL(t.Context(), "log").Result()
	require.NoError(t, err)
	assert.Greater(t, ttl, 50*time.Minute)
	assert.NoFileExists(t, file, "a crash from here on must not find it")
}

// TestWhatCannotBeKeptIsTold: nothing that Redis holds may be lost in silence.
func TestWhatCannotBeKeptIsTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "redis.snapshot")
	r, client := openRedis(t, file)
	require.NoError(t, client.ZAdd(t.Context(), "series", goredis.Z{Score: 2, Member: "b"}).Err())
	require.ErrorContains(t, r.Close(), `"series"`)
	assert.NoFileExists(t, file)
}

func TestBrokenSnapshotIsPutAway(t *testing.T) {
	file := filepath.Join(t.TempDir(), "redis.snapshot")
	require.NoError(t, os.WriteFile(file, []byte(`{"key":"YQ==","value":"Yg=="}`+"\n{torn"), 0o600))
	_, client := openRedis(t, file)
	n, err := client.DBSize(t.Context()).Result()
	require.NoError(t, err)
	assert.Zero(t, n, "half a state is worse than none")
	assert.NoFileExists(t, file)
}
