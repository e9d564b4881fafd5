package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
)

// service is a running Fairgate, in this process or in another.
type service struct {
	gateway, operators, ticketing, metrics string // host:port
	operationsKey, operatorKey             string // the latter an administrator's
	analystKey, securityKey                string
	log                                    *logBook
}

// reveal reads the keys that a data directory holds.
func (s *service) reveal(t *testing.T, data string) {
	t.Helper()
	var err error
	for name, to := range map[string]*string{
		app.OperationsKey: &s.operationsKey, app.OperatorKey: &s.operatorKey, app.AnalystKey: &s.analystKey, app.SecurityKey: &s.securityKey,
	} {
		*to, err = app.ReadSecret(data, name)
		require.NoError(t, err)
	}
}

// startService runs everything in this process, on free ports, until the test
// ends or the Stack is closed.
func startService(t *testing.T, o app.DevOptions) (*service, *app.Dev) {
	t.Helper()
	s := &service{log: newLogBook(t)}
	o.FreePorts, o.Metrics = true, freeAddress(t)
	o.Log = slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	t.Setenv(app.LibraryEnv, os.Getenv("FAIRGATE_TEST_CHDB"))
	dev, err := app.StartDev(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { closeStack(t, dev.Stack) })
	s.gateway, s.operators, s.ticketing, s.metrics = dev.Gateway, dev.Operators, dev.Ticketing, dev.MetricsAddr
	s.reveal(t, o.Data)
	return s, dev
}

// closeStack ends a stack; a second call does nothing. That the program ends
// within its grace, interrupt holds it to; here is more on the machine.
func closeStack(t *testing.T, s *app.Stack) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 4*grace)
	defer cancel()
	require.NoError(t, s.Close(ctx))
}

func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	return ln.Addr().String()
}

// openPool puts places on sale, free of charge, for a day in three weeks, and
// returns that day.
func (s *service) openPool(t *testing.T, pool string, capacity int) (day string) {
	t.Helper()
	day = time.Now().AddDate(0, 0, 21).Format(time.DateOnly)
	require.NoError(t, house(t.Context(), http.MethodPut, "http://"+s.ticketing+"/internal/v1/pools/"+pool, s.operationsKey, map[string]any{
		"name": "Bronzes", "price_fen": 0, "limit_per_order": 5, "hold_seconds": 600, "provisional_cutoff_seconds": 3600,
		"days": []map[string]any{{"date": day, "capacity": capacity}},
	}, nil))
	return day
}

// sample adds up the samples of a metric whose labels contain all of the
// texts given (`reason="malformed_json"`).
func (s *service) sample(t *testing.T, name string, labels ...string) float64 {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.metrics+"/metrics", http.NoBody)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return sum(string(data), name, labels...)
}

func sum(exposition, name string, labels ...string) (total float64) {
	for line := range strings.Lines(exposition) {
		series, value, found := strings.Cut(strings.TrimSpace(line), " ")
		bare, _, _ := strings.Cut(series, "{")
		if !found || bare != name {
			continue
		}
		matches := true
		for _, label := range labels {
			matches = matches && strings.Contains(series, label)
		}
		var number float64
		if _, err := fmt.Sscan(value, &number); err == nil && matches {
			total += number
		}
	}
	return total
}
