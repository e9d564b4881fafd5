package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/prometheus/client_golang/prometheus"

	"fairgate/cmd/internal/config"
	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/archive"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/ingest/stream"
)

// Ledger puts the archive on the stack.
func Ledger(ctx context.Context, s *Stack, e Env) (string, error) {
	c, log := e.Config, e.Log.With("part", "ledger")
	e.Registry = prometheus.WrapRegistererWith(prometheus.Labels{"role": "ledger"}, e.Registry)
	writer, err := ledgerWriter(e)
	if err != nil {
		return "", err
	}
	store, err := archive.Open(writer, archive.Options{
		Retention: time.Duration(c.Ledger.RetentionDays) * 24 * time.Hour, Logger: log, Registry: e.Registry,
	})
	if err != nil {
		return "", fmt.Errorf("ledger: %w", err)
	}
	s.Defer("ledger archive", func(context.Context) error { return store.Close() })
	if err := store.Migrate(ctx); err != nil {
		return "", fmt.Errorf("ledger: %w", err)
	}
	if err := ensureTopics(ctx, e); err != nil {
		return "", err
	}
	topics := stream.NewTopics(c.Kafka.Prefix)
	kinds := map[string]ledger.Kind{
		topics.Events: ledger.KindEvent, topics.Verdicts: ledger.KindVerdict, topics.Actions: ledger.KindAction,
		topics.Outcomes: ledger.KindOutcome, topics.Labels: ledger.KindLabel,
	}
	producer := openProducer(s, e)
	source, err := openConsumer(ctx, s, e, "ledger", topics.Events, topics.Verdicts, topics.Actions, topics.Outcomes, topics.Labels)
	if err != nil {
		return "", err
	}
	consumer, err := archive.NewConsumer(source, store, kinds, archive.ConsumerOptions{
		DeadLetters: stream.NewDeadLetters(producer, topics.Dead), Logger: log, Registry: e.Registry,
	})
	if err != nil {
		return "", fmt.Errorf("ledger: %w", err)
	}
	s.Go("ledger", consumer.Run)
	if err := buildNormal(ctx, s, e, writer); err != nil {
		return "", err
	}
	return "", condenseLedger(ctx, s, e, writer)
}

// ErrNoAnalytics means that there is no ClickHouse to ask.
var ErrNoAnalytics = errors.New("the analytics engine is not running; `make engines` fetches it")

// Analytics are the two ways into ClickHouse.
type Analytics struct {
	Writer, Reader *clickhouse.Options
}

// ledgerWriter is how the ledger's role reaches ClickHouse: as configured,
// unless the environment brought an engine of its own.
func ledgerWriter(e Env) (*clickhouse.Options, error) {
	if e.Analytics != nil {
		return e.Analytics.Writer, nil
	}
	c := e.Config.ClickHouse
	return clickhouseUser(c, c.Writer, "clickhouse.writer_password", c.WriterPassword)
}

// ledgerReader is how the console reaches ClickHouse. Neither role is given
// the other's password.
func ledgerReader(e Env) (*clickhouse.Options, error) {
	if e.Analytics != nil {
		return e.Analytics.Reader, nil
	}
	c := e.Config.ClickHouse
	return clickhouseUser(c, c.Reader, "clickhouse.reader_password", c.ReaderPassword)
}

// clickhouseUser is the configured ClickHouse as one user sees it.
func clickhouseUser(c config.ClickHouse, user, field string, secret config.Secret) (*clickhouse.Options, error) {
	password, err := secret.Reveal()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", field, err)
	}
	o := &clickhouse.Options{
		Protocol: clickhouse.HTTP, Addr: []string{c.Addr}, DialTimeout: 5 * time.Second,
		Auth: clickhouse.Auth{Database: c.Database, Username: user, Password: password},
	}
	if c.TLS {
		o.TLS = tlsConfig()
	}
	return o, nil
}

// openQuality opens the reader of the quality figures.
func openQuality(s *Stack, e Env) (*metrics.Reader, error) {
	client, err := ledgerReader(e)
	if err != nil {
		return nil, err
	}
	reader, err := metrics.Open(client, metrics.Options{Now: e.Now})
	if err != nil {
		return nil, fmt.Errorf("quality figures: %w", err)
	}
	s.Defer("quality reader", func(context.Context) error { return reader.Close() })
	return reader, nil
}
