package main

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/embedded"
	"fairgate/enforcement/ledger/chdb"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/ingest/stream"
)

// ledger reads what the ledger holds.
type ledger struct {
	reader *metrics.Reader
	conn   driver.Conn
}

// event is what matters here of an event in the ledger.
type event struct {
	kind, disposition string
	status            int
	state, action     string
}

// openLedger reads the ledger of a data directory whose service has ended.
// What still lies in the directory's event log is written to it meanwhile.
func openLedger(t *testing.T, dir string) *ledger {
	t.Helper()
	data, err := app.OpenData(dir)
	require.NoError(t, err, "the service has given the directory up")
	log := slog.New(slog.NewTextHandler(newLogBook(t), &slog.HandlerOptions{Level: slog.LevelWarn}))
	stack := app.NewStack(log)
	t.Cleanup(func() { closeStack(t, stack) })
	stack.Defer("data directory", func(context.Context) error { return data.Close() })
	c, err := data.Configure()
	require.NoError(t, err)
	analytics := startClickHouse(t, stack, data.Path("clickhouse"), log)
	kafka, err := embedded.StartKafka(t.Context(), data.Path("kafka"), embedded.KafkaOptions{
		Topics: stream.NewTopics(c.Kafka.Prefix), Partitions: c.Kafka.Partitions, Logger: log,
	})
	require.NoError(t, err)
	stack.Defer("kafka", func(context.Context) error { kafka.Close(); return nil })
	c.Kafka.Brokers = []string{kafka.Addr()}
	_, err = app.Ledger(t.Context(), stack, app.Env{
		Config: c, Log: log, Registry: prometheus.NewRegistry(), Now: time.Now, Analytics: analytics,
	})
	require.NoError(t, err)
	return readLedger(t, stack, analytics.Reader)
}

// startClickHouse runs the embedded ClickHouse as a part of the stack.
func startClickHouse(t *testing.T, stack *app.Stack, dir string, log *slog.Logger) *app.Analytics {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	library, err := chdb.FindLibrary(engine(t, "FAIRGATE_TEST_CHDB"))
	require.NoError(t, err)
	supervisor, err := chdb.NewSupervisor([]string{exe, app.ChdbSubcommand}, library, dir, chdb.SupervisorOptions{Logger: log})
	require.NoError(t, err)
	require.NoError(t, supervisor.Start(t.Context()))
	stack.Defer("clickhouse", supervisor.Stop)
	return &app.Analytics{Writer: supervisor.Writer(), Reader: supervisor.Reader()}
}

func readLedger(t *testing.T, stack *app.Stack, options *clickhouse.Options) *ledger {
	t.Helper()
	l := &ledger{}
	var err error
	l.reader, err = metrics.Open(options, metrics.Options{})
	require.NoError(t, err)
	stack.Defer("ledger reader", func(context.Context) error { return l.reader.Close() })
	l.conn, err = clickhouse.Open(options)
	require.NoError(t, err)
	stack.Defer("ledger connection", func(context.Context) error { return l.conn.Close() })
	return l
}

// of gives the events about an order, by the address they came from, in the
// order in which they came.
func (l *ledger) of(t *testing.T, order, ip string) (events []event) {
	t.Helper()
	rows, err := l.conn.Query(t.Context(), `SELECT kind, disposition, toInt64(status), order_state, action FROM events FINAL
		WHERE order_id = {order:String} AND ip = {ip:String} ORDER BY time, id`, clickhouse.Named("order", order), clickhouse.Named("ip", ip))
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var e event
		var status int64
		require.NoError(t, rows.Scan(&e.kind, &e.disposition, &status, &e.state, &e.action))
		e.status = int(status)
		events = append(events, e)
	}
	require.NoError(t, rows.Err())
	return events
}
