package app

import (
	"context"
	"errors"
	"fmt"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/console/desk"
	"fairgate/console/engines"
	"fairgate/console/httpapi"
	"fairgate/console/live"
	"fairgate/enforcement/alert/watch"
	ledgerlive "fairgate/enforcement/ledger/live"
	"fairgate/ingest/pulse"
	pulses "fairgate/ingest/pulse/redis"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/stream"
)

// addLive adds the moving figures and the engines' health. The console's own
// sign of life is given here, too.
func addLive(ctx context.Context, to *httpapi.Services, s *Stack, e Env, db *sqldb.DB, client goredis.UniversalClient, noAnalytics error) error {
	key, err := reveal("keys.operations", e.Config.Keys.Operations)
	if err != nil {
		return err
	}
	house, err := desk.New(e.Config.Enforcer.BookingURL, key, desk.Options{})
	if err != nil {
		return fmt.Errorf("enforcer.booking_url: %w", err)
	}
	ledger, err := openLive(s, e, noAnalytics)
	if err != nil {
		return err
	}
	book := pulses.New(client, e.Config.Site, e.Now)
	health := engines.New(engineProbes(e, db, client, house, ledger), book, engines.Options{
		Lags: func(ctx context.Context) ([]engines.Lag, error) { return readLags(ctx, e) }, Routes: routeModes(ctx, e),
		Now: e.Now, Log: e.Log.With("part", "engines"),
	})
	s.Go("engines health", health.Run)
	figures := live.NewFigures(live.Parts{Pulses: book, Health: health, Alerts: to.Alerts, House: house}, e.Now)
	hub := live.New(figures, live.Options{Now: e.Now, Log: e.Log.With("part", "live"), Registry: e.Registry})
	s.Go("live figures", hub.Run)
	if ledger != nil {
		to.History = ledger
	}
	if to.Ledger, err = openTimeline(s, e, noAnalytics); err != nil {
		return err
	}
	to.People = openPeople(ctx, e)
	to.Live, to.Engines, to.Booking = hub, health, house
	givePulse(s, e, client, pulse.Console, host(), nil)
	return nil
}

// engineProbes ask what this installation has.
func engineProbes(e Env, db *sqldb.DB, client goredis.UniversalClient, house *desk.Client, ledger *ledgerlive.Reader) map[string]engines.Probe {
	plain := func(ask func(context.Context) error) engines.Probe {
		return func(ctx context.Context) (string, error) { return "", ask(ctx) }
	}
	probes := map[string]engines.Probe{
		string(watch.Redis): plain(func(ctx context.Context) error { return client.Ping(ctx).Err() }),
		string(watch.Kafka): plain(func(ctx context.Context) error {
			return stream.Ping(ctx, e.Config.Kafka.Brokers, stream.NewTopics(e.Config.Kafka.Prefix))
		}),
		string(watch.SQL): plain(func(ctx context.Context) error {
			var one int
			return errors.Join(db.Read.QueryRowContext(ctx, `SELECT 1`).Scan(&one), db.Write.PingContext(ctx))
		}),
		string(watch.Booking): plain(house.Ping),
	}
	if ledger != nil {
		probes[string(watch.ClickHouse)] = plain(ledger.Ping)
	}
	return probes
}

// readLags asks how far the readers of the log are behind.
func readLags(ctx context.Context, e Env) ([]engines.Lag, error) {
	k := e.Config.Kafka
	topics := stream.NewTopics(k.Prefix)
	groups := []struct {
		name   string
		topics []string
	}{
		{"scorer", []string{topics.Events}},
		{"enforcer", []string{topics.Verdicts}},
		{"ledger", []string{topics.Events, topics.Verdicts, topics.Actions, topics.Outcomes, topics.Labels}},
	}
	var out []engines.Lag
	for _, g := range groups {
		behind, err := stream.Lag(ctx, k.Brokers, k.Prefix+g.name, g.topics...)
		if err != nil {
			return nil, err
		}
		out = append(out, engines.Lag{Group: g.name, Messages: behind})
	}
	return out, nil
}

// routeModes are the routes with what they do without Redis. A console need not
// have the gateways' route table; then they are not known.
func routeModes(ctx context.Context, e Env) []engines.Route {
	routes, err := routeTable(e.Config.Gateway)
	if err != nil {
		e.Log.InfoContext(ctx, "the fail modes of routes are not shown", "error", err)
		return nil
	}
	var out []engines.Route
	for _, r := range routes.ByID() {
		out = append(out, engines.Route{ID: r.ID, FailMode: string(r.FailMode)})
	}
	return out
}
