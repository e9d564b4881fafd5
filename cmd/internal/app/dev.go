package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"fairgate/cmd/internal/config"
	"fairgate/cmd/internal/embedded"
	"fairgate/ingest/stream"
)

// ChdbSubcommand is the hidden subcommand that the analytics child runs.
const ChdbSubcommand = "chdb-serve"

// LibraryEnv names libchdb, where it lies in none of the usual places.
const LibraryEnv = "FAIRGATE_CHDB"

// DevMetrics is where the development command shows its metrics, unless told.
const DevMetrics = "127.0.0.1:9090"

// DevOptions say how to run everything on one machine.
type DevOptions struct {
	Data      string
	Rules     string // directory; empty: the shipped rulesets
	Gateway   string // listen addresses; empty: the defaults
	Operators string
	Metrics   string // empty: none
	// FreePorts takes whatever ports are free, for runs beside others.
	FreePorts bool
	// ErasureSettle is enforcer.erasure_settle; zero: the default.
	ErasureSettle time.Duration
	// Version of the program.
	Version string
	Log     *slog.Logger
}

// Dev is everything, running.
type Dev struct {
	*Stack
	Gateway, Operators, Ticketing, Redis, Kafka string
	// Password is the first administrator's one-time password, where it was
	// made in this run.
	Password string
	// Analytics is the address of the embedded ClickHouse, or why there is none.
	Analytics   string
	NoAnalytics error
	// Ledger are the ways into the embedded ClickHouse for programs in this
	// process, nil where there is none.
	Ledger       *Analytics
	MetricsAddr  string
	Data         string
	OperatorFile string
}

// StartDev starts the embedded engines and then every role. On an error what
// was started is ended.
func StartDev(ctx context.Context, o DevOptions) (dev *Dev, err error) {
	data, err := OpenData(o.Data)
	if err != nil {
		return nil, err
	}
	s := NewStack(o.Log)
	s.Defer("data directory", func(context.Context) error { return data.Close() })
	defer func() {
		if err != nil {
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			err = errors.Join(err, s.Close(closing))
		}
	}()
	if err := data.forgetAddresses(); err != nil {
		return nil, err
	}
	c, err := data.Configure()
	if err != nil {
		return nil, err
	}
	if err := o.apply(ctx, &c); err != nil {
		return nil, err
	}
	if o.FreePorts && o.Metrics == DevMetrics {
		if o.Metrics, err = freePort(ctx); err != nil {
			return nil, err
		}
	}
	dev = &Dev{Stack: s, Data: data.Path(), OperatorFile: SecretPath(data.Path(), OperatorKey)}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector())
	e := Env{Config: c, Log: o.Log, Registry: registry, Now: time.Now, Version: o.Version}
	if err := dev.engines(ctx, data, &e); err != nil {
		return nil, err
	}
	if err := Metrics(ctx, s, o.Metrics, registry); err != nil {
		return nil, err
	}
	dev.MetricsAddr = o.Metrics
	if err := dev.roles(ctx, e); err != nil {
		return nil, err
	}
	s.Defer("addresses", func(context.Context) error { return data.forgetAddresses() })
	return dev, data.noteAddresses(Addresses{Gateway: dev.Gateway, Ticketing: dev.Ticketing, Operators: dev.Operators})
}

// devHintsSettle is enforcer.hints_settle here: who tries the service out wants
// to see a label while looking.
const devHintsSettle = 5 * time.Second

// apply puts the command's flags over the directory's configuration.
func (o DevOptions) apply(ctx context.Context, c *config.Config) error {
	c.Rules.Dir = o.Rules
	if o.ErasureSettle > 0 {
		c.Enforcer.ErasureSettle = o.ErasureSettle
	}
	c.Enforcer.HintsSettle = devHintsSettle
	if o.Gateway != "" {
		c.Gateway.Listen = o.Gateway
	}
	if o.Operators != "" {
		c.Console.Listen = o.Operators
	}
	if !o.FreePorts {
		return nil
	}
	for _, addr := range []*string{&c.Gateway.Listen, &c.Console.Listen, &c.Console.OutcomesListen, &c.Ticketing.Listen} {
		free, err := freePort(ctx)
		if err != nil {
			return err
		}
		*addr = free
	}
	c.Gateway.Upstream, c.Enforcer.BookingURL = "http://"+c.Ticketing.Listen, "http://"+c.Ticketing.Listen
	c.Ticketing.OutcomesURL = "http://" + c.Console.OutcomesListen + "/outcomes"
	return nil
}

// Ports that are picked before they are used come from below those that
// systems give to outgoing connections (Linux: from 32768 on): one of these
// could take such a port in between.
const firstFree, lastFree = 20_000, 32_000

// freePort finds a port that nobody listens on.
func freePort(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	var err error
	for range 100 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(firstFree+rand.IntN(lastFree-firstFree))) //nolint:gosec // no secret
		var ln net.Listener
		if ln, err = lc.Listen(ctx, "tcp", address); err == nil {
			return address, ln.Close()
		}
	}
	return "", fmt.Errorf("find a free port: %w", err)
}

// engines starts Redis, Kafka and ClickHouse; SQLite needs no starting.
func (d *Dev) engines(ctx context.Context, data *Data, e *Env) error {
	redis, err := embedded.StartRedis(data.Path("redis.snapshot"), e.Log)
	if err != nil {
		return fmt.Errorf("embedded redis: %w", err)
	}
	d.Defer("embedded redis", func(context.Context) error { return redis.Close() })
	kafka, err := embedded.StartKafka(ctx, data.Path("kafka"), embedded.KafkaOptions{
		Topics: stream.NewTopics(e.Config.Kafka.Prefix), Partitions: e.Config.Kafka.Partitions,
		RetentionBytes: e.Config.Kafka.RetentionBytes, Logger: e.Log,
	})
	if err != nil {
		return fmt.Errorf("embedded kafka: %w", err)
	}
	d.Defer("embedded kafka", func(context.Context) error { kafka.Close(); return nil })
	d.Redis, d.Kafka = redis.Addr(), kafka.Addr()
	e.Config.Redis.Addrs, e.Config.Kafka.Brokers = []string{d.Redis}, []string{d.Kafka}
	d.NoAnalytics = d.clickhouse(ctx, data, e)
	if d.NoAnalytics != nil {
		e.Log.ErrorContext(ctx, "no analytics in this run; screening goes on", "error", d.NoAnalytics)
	}
	return nil
}

// clickhouse starts the analytics child, where its library is there.
func (d *Dev) clickhouse(ctx context.Context, data *Data, e *Env) error {
	supervisor, err := StartAnalytics(ctx, data.Path("clickhouse"), *e)
	if err != nil {
		return err
	}
	d.Defer("embedded clickhouse", supervisor.Stop)
	d.Analytics = supervisor.Addr()
	d.Ledger = &Analytics{Writer: supervisor.Writer(), Reader: supervisor.Reader()}
	e.Analytics = d.Ledger
	return nil
}

// roles starts every role, upstream last: what takes visitors in comes up when
// everything behind it is there, and ends first.
func (d *Dev) roles(ctx context.Context, e Env) (err error) {
	e.NoLedger = d.NoAnalytics
	d.Barrier() // consumers leave their groups while the engines are up
	if err := ensureTopics(ctx, e); err != nil {
		return err
	}
	if d.NoAnalytics == nil {
		if _, err := Ledger(ctx, d.Stack, e); err != nil {
			return err
		}
	}
	console, err := startConsole(ctx, d.Stack, e, d.NoAnalytics)
	if err != nil {
		return err
	}
	d.Operators = console.addr
	if console.first {
		if d.Password, err = firstPassword(e.Config.Console); err != nil {
			return err
		}
	}
	if err := console.grant(ctx, d.Data); err != nil {
		return err
	}
	if d.Ticketing, err = Ticketing(ctx, d.Stack, e); err != nil {
		return err
	}
	if _, err := Enforcer(ctx, d.Stack, e); err != nil {
		return err
	}
	if _, err := Scorer(ctx, d.Stack, e); err != nil {
		return err
	}
	d.Gateway, err = Gateway(ctx, d.Stack, e)
	return err
}
