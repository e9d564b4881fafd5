package app

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ingest/pulse"
	"fairgate/ingest/stream"
	"fairgate/scoring/cluster"
	"fairgate/scoring/pipeline"
	"fairgate/scoring/window/redis"
)

// Scorer puts the asynchronous pipeline on the stack.
func Scorer(ctx context.Context, s *Stack, e Env) (string, error) {
	c := e.Config
	e.Registry = prometheus.WrapRegistererWith(prometheus.Labels{"role": "scorer"}, e.Registry)
	client, err := openRedis(s, c.Redis)
	if err != nil {
		return "", err
	}
	engine, err := startRules(ctx, s, e, redis.New(client, redis.Options{Registerer: e.Registry}))
	if err != nil {
		return "", err
	}
	topics := stream.NewTopics(c.Kafka.Prefix)
	if err := ensureTopics(ctx, e); err != nil {
		return "", err
	}
	producer := openProducer(s, e)
	consumer, err := openConsumer(ctx, s, e, "scorer", topics.Events)
	if err != nil {
		return "", err
	}
	p := pipeline.New(consumer, engine, producer, topics, pipeline.Options{
		Clusters: followLinks(s, e), Lateness: c.Scorer.Lateness, Now: e.Now, Logger: e.Log.With("part", "scorer"), Registerer: e.Registry,
	})
	s.Go("scorer", p.Run)
	givePulse(s, e, client, pulse.Scorer, host(), nil)
	return "", nil
}

// followLinks keeps the clusters of accounts up to date.
func followLinks(s *Stack, e Env) *cluster.Tracker {
	log := e.Log.With("part", "clusters")
	tracker := cluster.NewTracker(cluster.Options{})
	e.Registry.MustRegister(cluster.NewCollector(tracker))
	tail := stream.NewTail(e.Config.Kafka.Brokers, stream.NewTopics(e.Config.Kafka.Prefix).Links, log)
	s.Defer("links", func(context.Context) error { return tail.Close() })
	s.Go("links", func(ctx context.Context) error {
		return tail.Read(ctx, func(m stream.Message) {
			if err := tracker.Apply(m.Key, m.Value); err != nil {
				log.ErrorContext(ctx, "link not usable", "offset", m.Offset, "error", err)
			}
		}, func() {
			accounts, links, clusters := tracker.Size()
			log.InfoContext(ctx, "clusters known", "accounts", accounts, "links", links, "clusters", clusters)
			tracker.CaughtUp()
		})
	})
	return tracker
}

// openProducer opens a Kafka producer that ends with the stack.
func openProducer(s *Stack, e Env) *stream.Producer {
	producer := stream.NewProducer(e.Config.Kafka.Brokers, stream.ProducerOptions{Registerer: e.Registry})
	s.Defer("kafka producer", func(context.Context) error { return producer.Close() })
	return producer
}

// openConsumer joins a consumer group.
func openConsumer(ctx context.Context, s *Stack, e Env, group string, topics ...string) (*stream.Consumer, error) {
	consumer, err := stream.NewConsumer(ctx, e.Config.Kafka.Brokers, e.Config.Kafka.Prefix+group, topics, stream.ConsumerOptions{Logger: e.Log})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", group, err)
	}
	// To leave the group it waits for the answer to its last request, a second.
	s.DeferSlow(group+" consumer", func(context.Context) error { return consumer.Close() })
	return consumer, nil
}

// ensureTopics makes the topics that are missing.
func ensureTopics(ctx context.Context, e Env) error {
	k := e.Config.Kafka
	err := stream.EnsureTopics(ctx, k.Brokers, stream.NewTopics(k.Prefix), stream.TopicOptions{
		Partitions: k.Partitions, Replication: k.Replication, RetentionBytes: k.RetentionBytes,
	})
	if err != nil {
		return fmt.Errorf("kafka topics: %w", err)
	}
	return nil
}

// insistOnTopics makes the topics as soon as Kafka is there, or ctx ends.
func insistOnTopics(ctx context.Context, e Env) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		err := ensureTopics(ctx, e)
		if err == nil || ctx.Err() != nil {
			return
		}
		e.Log.WarnContext(ctx, "events wait on disk: Kafka is away", "error", err)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
