package embedded

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kfake"

	"fairgate/ingest/stream"
)

// KafkaOptions tune the embedded Kafka.
type KafkaOptions struct {
	// Topics are created where they do not exist yet.
	Topics stream.Topics
	// Partitions of each new topic; 0 means 4.
	Partitions int
	// RetentionBytes bounds each partition on disk; 0 means 256 MiB. It is
	// the only retention: one by time could empty a partition, which kfake
	// then restarts at offset 0 under the groups' commits.
	RetentionBytes int64
	Logger         *slog.Logger
}

// Kafka is a one-broker Kafka that keeps topics, records and committed
// offsets in a directory. What it acknowledged survives kill -9.
type Kafka struct {
	cluster *kfake.Cluster
	addr    string
}

// StartKafka opens dir, listens on a free loopback port, and returns when the
// topics can be written to or ctx ends.
func StartKafka(ctx context.Context, dir string, opts KafkaOptions) (*Kafka, error) {
	if opts.Partitions <= 0 {
		opts.Partitions = 4
	}
	if opts.RetentionBytes <= 0 {
		opts.RetentionBytes = 256 << 20
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.DataDir(dir), kfake.SyncWrites(),
		kfake.BrokerConfigs(map[string]string{"log.cleaner.backoff.ms": "60000"}),
		kfake.WithLogger(kafkaLog{opts.Logger}),
	)
	if err != nil {
		return nil, fmt.Errorf("start embedded Kafka in %q: %w", dir, err)
	}
	k := &Kafka{cluster: cluster, addr: cluster.ListenAddrs()[0]}
	err = stream.EnsureTopics(ctx, []string{k.addr}, opts.Topics, stream.TopicOptions{
		Partitions: opts.Partitions, Replication: 1, RetentionBytes: opts.RetentionBytes,
	})
	if err != nil {
		k.Close()
		return nil, fmt.Errorf("start embedded Kafka: %w", err)
	}
	return k, nil
}

// Addr is host:port.
func (k *Kafka) Addr() string { return k.addr }

// Close writes what is in memory and ends the broker. It may be called twice.
func (k *Kafka) Close() { k.cluster.Close() }

// kafkaLog passes on what an operator should hear.
type kafkaLog struct{ log *slog.Logger }

// Logf implements kfake.Logger.
func (l kafkaLog) Logf(level kfake.LogLevel, format string, args ...any) {
	if level == kfake.LogLevelError || level == kfake.LogLevelWarn {
		l.log.Warn("embedded kafka", "level", level.String(), "detail", fmt.Sprintf(format, args...))
	}
}
