package stream_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"fairgate/ingest/stream"
)

func TestPing(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	require.NoError(t, err)
	defer cluster.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	brokers, topics := cluster.ListenAddrs(), stream.NewTopics("ping.")
	require.ErrorContains(t, stream.Ping(ctx, brokers, topics), "topic", "there are none yet")
	require.NoError(t, stream.EnsureTopics(ctx, brokers, topics, stream.TopicOptions{Partitions: 1, Replication: 1}))
	require.NoError(t, stream.Ping(ctx, brokers, topics))
	cluster.Close()
	gone, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	require.Error(t, stream.Ping(gone, brokers, topics))
}
