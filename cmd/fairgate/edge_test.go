package main

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/config"
	"fairgate/cmd/internal/embedded"
	"fairgate/ingest/stream"
)

// edge is a gateway before a booking system, both wired as in production, with
// a clock that the test moves.
type edge struct {
	service
	stack  *app.Stack
	data   string // directory
	kafka  string
	topic  string           // of events
	events *stream.Consumer // of next
	skew   atomic.Int64
}

// startEdge starts the two roles and the engines they need; adjust changes the
// gateway's configuration.
func startEdge(t *testing.T, adjust func(redis string, c *config.Config)) *edge {
	t.Helper()
	e := &edge{service: service{log: newLogBook(t)}}
	log := slog.New(slog.NewTextHandler(e.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	e.data = t.TempDir()
	data, err := app.OpenData(e.data)
	require.NoError(t, err)
	e.stack = app.NewStack(log)
	t.Cleanup(func() { closeStack(t, e.stack) })
	e.stack.Defer("data directory", func(context.Context) error { return data.Close() })
	c, err := data.Configure()
	require.NoError(t, err)
	redis, err := embedded.StartRedis("", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	e.stack.Defer("redis", func(context.Context) error { redis.Close(); return nil })
	topics := stream.NewTopics(c.Kafka.Prefix)
	kafka, err := embedded.StartKafka(t.Context(), data.Path("kafka"), embedded.KafkaOptions{Topics: topics, Partitions: 1, Logger: log})
	require.NoError(t, err)
	e.stack.Defer("kafka", func(context.Context) error { kafka.Close(); return nil })
	e.kafka, e.topic = kafka.Addr(), topics.Events
	c.Kafka.Brokers, c.Kafka.Partitions = []string{e.kafka}, 1
	c.Redis.Addrs = []string{redis.Addr()}
	c.Ticketing.Listen, c.Gateway.Listen = "127.0.0.1:0", "127.0.0.1:0"
	c.Ticketing.OutcomesURL = "http://" + freeAddress(t) + "/outcomes" // nobody listens; the outbox keeps them
	registry := prometheus.NewRegistry()
	env := app.Env{Config: c, Log: log, Registry: registry, Now: func() time.Time { return time.Now().Add(time.Duration(e.skew.Load())) }}
	e.ticketing, err = app.Ticketing(t.Context(), e.stack, env)
	require.NoError(t, err)
	env.Config.Gateway.Upstream = "http://" + e.ticketing
	if adjust != nil {
		adjust(redis.Addr(), &env.Config)
	}
	e.gateway, err = app.Gateway(t.Context(), e.stack, env)
	require.NoError(t, err)
	e.metrics = freeAddress(t)
	require.NoError(t, app.Metrics(t.Context(), e.stack, e.metrics, registry))
	e.reveal(t, e.data)
	return e
}

// pass lets time go by for the gateway and the booking system.
func (e *edge) pass(d time.Duration) { e.skew.Add(int64(d)) }

// books says whether a new visitor can book.
func (e *edge) books(t *testing.T, pool, day string) {
	t.Helper()
	v := newcomer(t, e.gateway)
	e.pass(5 * time.Second)
	r := v.must(t, http.MethodPost, "/api/v1/orders", booking(pool, day))
	require.Equal(t, http.StatusCreated, r.status, "%s", r.body)
}
