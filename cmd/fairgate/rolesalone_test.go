package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/config"
	"fairgate/enforcement/ledger/chdb"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/ingest/outcome"
	"fairgate/ingest/sqldb/sqldbtest"
)

// production is the configuration of roles that share real engines; each run
// has topics, tables and keys of its own.
func production(t *testing.T, log *slog.Logger) (c config.Config, dir string, clickhouse *app.Analytics) {
	t.Helper()
	redis, kafka := engine(t, "FAIRGATE_TEST_REDIS"), engine(t, "FAIRGATE_TEST_KAFKA")
	dir = t.TempDir()
	data, err := app.OpenData(dir)
	require.NoError(t, err)
	engines := app.NewStack(log)
	t.Cleanup(func() { closeStack(t, engines) })
	engines.Defer("data directory", func(context.Context) error { return data.Close() })
	c, err = data.Configure()
	require.NoError(t, err)
	c.SQL.DSN = config.Secret("value:" + sqldbtest.PostgresDSN(t))
	c.Ticketing.DSN = config.Secret("value:" + sqldbtest.PostgresDSN(t))
	c.Redis.Addrs, c.Kafka.Brokers = []string{redis}, []string{kafka}
	c.Kafka.Prefix, c.Kafka.Partitions = "roles-"+strings.ToLower(rand.Text())+".", 2
	clickhouse = startClickHouse(t, engines, data.Path("clickhouse"), log)
	c.ClickHouse = config.ClickHouse{
		Addr: clickhouse.Writer.Addr[0], Database: "default",
		Writer: chdb.WriterName, WriterPassword: config.Secret("value:" + clickhouse.Writer.Auth.Password),
		Reader: chdb.ReaderName, ReaderPassword: config.Secret("value:" + clickhouse.Reader.Auth.Password),
	}
	for _, addr := range []*string{&c.Gateway.Listen, &c.Ticketing.Listen, &c.Console.Listen, &c.Console.OutcomesListen} {
		*addr = freeAddress(t)
	}
	c.Gateway.Upstream, c.Enforcer.BookingURL = "http://"+c.Ticketing.Listen, "http://"+c.Ticketing.Listen
	c.Ticketing.OutcomesURL = "http://" + c.Console.OutcomesListen + "/outcomes"
	require.NoError(t, c.Validate())
	return c, dir, clickhouse
}

// TestRolesRunAlone starts each role by itself, all at the same moment, with
// nothing in common but the configuration and the real engines, and follows a
// booking through all of them.
func TestRolesRunAlone(t *testing.T) {
	engine(t, "FAIRGATE_TEST_POSTGRES")
	t.Parallel()
	s := &service{log: newLogBook(t)}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	c, dir, clickhouse := production(t, log)
	s.gateway, s.ticketing, s.operators = c.Gateway.Listen, c.Ticketing.Listen, c.Console.Listen
	s.reveal(t, dir)
	begin := time.Now()
	startRoles(t, c, log)
	t.Logf("all roles are up after %s", time.Since(begin).Round(time.Millisecond))

	day := s.openPool(t, "main", 10)
	v := newcomer(t, s.gateway)
	takesTime(t, time.Now())
	booked := v.must(t, http.MethodPost, "/api/v1/orders", booking("main", day), "Idempotency-Key", "k-1")
	require.Equal(t, http.StatusCreated, booked.status, "%s", booked.body)
	order := booked.field("order_id")

	reading := app.NewStack(log)
	t.Cleanup(func() { closeStack(t, reading) })
	ledger := readLedger(t, reading, clickhouse.Reader)
	want := []event{{"order.submit", "forwarded", http.StatusCreated, "provisional", "allow"}}
	require.EventuallyWithT(t, func(tick *assert.CollectT) {
		assert.Equal(tick, want, ledger.of(t, order, v.ip))
	}, 60*time.Second, 200*time.Millisecond)
	poller := outcome.Poller{URL: "http://" + s.ticketing + "/internal/v1/outbox", Key: s.operationsKey}
	require.Eventually(t, func() bool {
		period := metrics.Period{From: begin, To: time.Now().Add(time.Minute)}
		found, err := ledger.reader.Reconcile(t.Context(), period, poller.Reports(t.Context(), 0))
		require.NoError(t, err)
		return found.Reports == 1 && found.Complete()
	}, 60*time.Second, 200*time.Millisecond)

	s.signIn(t, c.Console.FirstPassword)
	s.deny(t, v.account)
	require.Eventually(t, func() bool {
		return v.must(t, http.MethodGet, "/api/v1/pools", "").field("code") == "refused"
	}, 2*time.Second, 50*time.Millisecond, "what the console says, the gateway does")
}

// startRoles starts every role at once, each on a stack of its own.
func startRoles(t *testing.T, c config.Config, log *slog.Logger) {
	t.Helper()
	var starting sync.WaitGroup
	for name, start := range map[string]role{
		"gateway": app.Gateway, "scorer": app.Scorer, "enforcer": app.Enforcer,
		"ledger": app.Ledger, "ticketing": app.Ticketing, "console": app.Console,
	} {
		stack := app.NewStack(log.With("process", name))
		t.Cleanup(func() {
			closeStack(t, stack)
			select {
			case err := <-stack.Failed():
				assert.NoError(t, err, name)
			default:
			}
		})
		starting.Go(func() {
			_, err := start(t.Context(), stack, app.Env{
				Config: c, Log: log.With("process", name), Registry: prometheus.NewRegistry(), Now: time.Now,
			})
			assert.NoError(t, err, name)
		})
	}
	starting.Wait()
	require.False(t, t.Failed())
}

// signIn is the first administrator's first quarter of an hour: the one-time
// password that the configuration names and no log holds, a password of one's
// own, and in.
func (s *service) signIn(t *testing.T, first config.Secret) {
	t.Helper()
	oneTime, err := first.Reveal()
	require.NoError(t, err)
	require.NotContains(t, s.log.String(), oneTime)
	const own = "an admin's own password"
	var session struct{ Token string }
	api := "http://" + s.operators + "/api/v1"
	require.NoError(t, house(t.Context(), http.MethodPost, api+"/sessions", "", map[string]string{"name": "admin", "password": oneTime}, &session))
	require.NoError(t, house(t.Context(), http.MethodPost, api+"/password", session.Token, map[string]string{"old_password": oneTime, "new_password": own}, nil))
	require.NoError(t, house(t.Context(), http.MethodPost, api+"/sessions", "", map[string]string{"name": "admin", "password": own}, &session))
	s.operatorKey = session.Token
}

// deny blocks an account by hand.
func (s *service) deny(t *testing.T, account string) {
	t.Helper()
	require.NoError(t, house(t.Context(), http.MethodPost, "http://"+s.operators+"/api/v1/lists/deny", s.operatorKey, map[string]any{
		"entity": "account", "key": account, "reason": "offers tickets for resale", "expires_at": time.Now().Add(time.Hour).UTC(),
	}, nil))
}
