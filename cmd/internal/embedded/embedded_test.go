package embedded_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/embedded"
	"fairgate/ingest/stream"
)

func TestRedisForgets(t *testing.T) {
	r, err := embedded.StartRedis("", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer r.Close()
	assert.True(t, strings.HasPrefix(r.Addr(), "127.0.0.1:"))
	c := redis.NewClient(&redis.Options{Addr: r.Addr()})
	defer c.Close()
	require.NoError(t, c.Set(t.Context(), "brief", "v", 500*time.Millisecond).Err())
	require.NoError(t, c.Set(t.Context(), "long", "v", time.Hour).Err())
	require.Eventually(t, func() bool { return c.Exists(t.Context(), "brief").Val() == 0 }, 10*time.Second, 20*time.Millisecond)
	assert.Equal(t, int64(1), c.Exists(t.Context(), "long").Val())
	r.Close() // twice is harmless
}

func startKafka(t *testing.T, dir string, topics stream.Topics) *embedded.Kafka {
	t.Helper()
	k, err := embedded.StartKafka(t.Context(), dir, embedded.KafkaOptions{Topics: topics})
	require.NoError(t, err)
	return k
}

// TestKafkaRemembers: records and committed offsets are there after a
// restart, on another port.
func TestKafkaRemembers(t *testing.T) {
	dir, topics := t.TempDir(), stream.NewTopics(stream.DefaultPrefix)
	values := func(from, to int) (list [][]byte) {
		for i := from; i < to; i++ {
			list = append(list, []byte(fmt.Sprint(i)))
		}
		return list
	}
	read := func(k *embedded.Kafka, n int) (got []string) {
		c, err := stream.NewConsumer(t.Context(), []string{k.Addr()}, "scorer", []string{topics.Events}, stream.ConsumerOptions{})
		require.NoError(t, err)
		defer c.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for range n {
			m, err := c.Fetch(ctx)
			require.NoError(t, err)
			require.NoError(t, c.Commit(ctx, m))
			got = append(got, string(m.Value))
		}
		return got
	}
	write := func(k *embedded.Kafka, list [][]byte) {
		p := stream.NewProducer([]string{k.Addr()}, stream.ProducerOptions{})
		require.NoError(t, p.Publish(t.Context(), topics.Events, "account", list...))
		require.NoError(t, p.Close())
	}
	k := startKafka(t, dir, topics)
	write(k, values(0, 10))
	assert.Equal(t, []string{"0", "1", "2", "3"}, read(k, 4))
	k.Close()
	k.Close()

	k = startKafka(t, dir, topics)
	defer k.Close()
	write(k, values(10, 12))
	assert.Equal(t, []string{"4", "5", "6", "7", "8", "9", "10", "11"}, read(k, 8))
}

func TestKafkaNeedsADirectory(t *testing.T) {
	_, err := embedded.StartKafka(t.Context(), "/dev/null/nowhere", embedded.KafkaOptions{Topics: stream.NewTopics("")})
	require.ErrorContains(t, err, "/dev/null/nowhere")
}
