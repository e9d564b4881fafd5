package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/alert/watch"
	"fairgate/enforcement/booking"
	"fairgate/enforcement/cases"
	"fairgate/enforcement/ledger/live"
	"fairgate/enforcement/notify"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/stream"
)

// watched is what the console has and the watchers look at.
type watched struct {
	db          *sqldb.DB
	redis       goredis.UniversalClient
	alerts      *alert.Service
	channels    *notify.Service
	budgets     watch.Budgets
	quality     watch.Quality
	noAnalytics error // why there is no ledger to read
}

// startWatch looks for attack patterns. It stands with the console because that
// has the ledger's reader; of several consoles one watches.
func startWatch(ctx context.Context, s *Stack, e Env, w watched) error {
	key, err := reveal("keys.operations", e.Config.Keys.Operations)
	if err != nil {
		return err
	}
	house, err := booking.New(e.Config.Enforcer.BookingURL, key, booking.Options{})
	if err != nil {
		return fmt.Errorf("enforcer.booking_url: %w", err)
	}
	lease, err := watch.OpenLease(ctx, w.db, e.Config.Site)
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	ledger, err := openLive(s, e, w.noAnalytics)
	if err != nil {
		return err
	}
	engines, err := watchEngines(ctx, e, w, house, ledger)
	if err != nil {
		return err
	}
	tasks := []watch.Task{
		{Name: "engines", Look: engines, Every: 5 * time.Second, Timeout: 5 * time.Second},
		{Name: "budgets", Look: watchBudgets(e, w), Every: 5 * time.Second, Timeout: 5 * time.Second, Reads: watch.SQL},
		{
			Name: "clusters", Look: watch.NewClusters(cases.NewGroups(w.db), e.Config.Site, watch.ClusterOptions{Now: e.Now}),
			Every: 15 * time.Second, Timeout: 5 * time.Second, Reads: watch.SQL,
		},
	}
	if ledger != nil {
		tasks = append(tasks, watchLedger(e, w, house, ledger)...)
	}
	runner, err := watch.New(w.alerts, lease, tasks, watch.Options{Now: e.Now, Logger: e.Log.With("part", "watch"), Registry: e.Registry})
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	s.Go("watch", runner.Run)
	return nil
}

// openLive opens the reader of what happens now, nil where there is no ledger:
// the start has said so.
func openLive(s *Stack, e Env, noAnalytics error) (*live.Reader, error) {
	if noAnalytics != nil {
		return nil, nil //nolint:nilerr // the API runs without a ledger, and says so
	}
	client, err := ledgerReader(e)
	if err != nil {
		return nil, err
	}
	reader, err := live.Open(client)
	if err != nil {
		return nil, fmt.Errorf("live figures: %w", err)
	}
	s.Defer("live reader", func(context.Context) error { return reader.Close() })
	return reader, nil
}

// watchLedger are the watchers that read the ledger. Traffic is looked at every
// two seconds; the others cost more or change less.
func watchLedger(e Env, w watched, house *booking.Client, ledger *live.Reader) []watch.Task {
	site, now := e.Config.Site, e.Now
	return []watch.Task{
		{Name: "surge", Look: watch.NewSurge(ledger, site, watch.SurgeOptions{Now: now}), Every: 2 * time.Second, Timeout: 10 * time.Second, Reads: watch.ClickHouse},
		{Name: "drained", Look: watch.NewDrained(ledger, house, site, watch.DrainedOptions{Now: now}), Every: 2 * time.Second, Timeout: 10 * time.Second},
		{Name: "degraded", Look: watch.NewDegraded(ledger, site, watch.DegradedOptions{Now: now}), Every: 10 * time.Second, Timeout: 10 * time.Second, Reads: watch.ClickHouse},
		{Name: "norm", Look: watch.NewNorm(ledger, site, watch.NormOptions{Now: now}), Every: time.Minute, Timeout: 30 * time.Second, Reads: watch.ClickHouse},
		{Name: "rates", Look: watch.NewRates(w.quality, site, watch.RatesOptions{Now: now}), Every: time.Hour, Timeout: 2 * time.Minute, Reads: watch.ClickHouse},
	}
}

func watchBudgets(e Env, w watched) *watch.Spending {
	o := watch.SpendingOptions{Now: e.Now, Zone: venueZone()}
	if console := e.Config.Console.URL; console != "" {
		o.Link = func(rule string) string { return console + "/rules/" + url.PathEscape(rule) }
	}
	return watch.NewSpending(w.budgets, w.channels, o)
}

// watchEngines probes what this installation has.
func watchEngines(ctx context.Context, e Env, w watched, house *booking.Client, ledger *live.Reader) (*watch.Engines, error) {
	probes := map[watch.Engine]watch.Probe{
		watch.Redis: func(ctx context.Context) error { return w.redis.Ping(ctx).Err() },
		watch.Kafka: func(ctx context.Context) error {
			return stream.Ping(ctx, e.Config.Kafka.Brokers, stream.NewTopics(e.Config.Kafka.Prefix))
		},
		watch.SQL: func(ctx context.Context) error {
			var one int
			return errors.Join(w.db.Read.QueryRowContext(ctx, `SELECT 1`).Scan(&one), w.db.Write.PingContext(ctx))
		},
		watch.Booking: house.Ping,
	}
	if ledger != nil {
		probes[watch.ClickHouse] = ledger.Ping
	}
	return watch.NewEngines(probes, watch.EngineOptions{Now: e.Now, Modes: failModes(ctx, e), Zone: venueZone()})
}

// failModes are the routes by what they do without Redis. A console need not
// have the gateways' route table; then they are not known.
func failModes(ctx context.Context, e Env) map[ingest.FailMode]int {
	routes, err := routeTable(e.Config.Gateway)
	if err != nil {
		e.Log.InfoContext(ctx, "alerts will not tell in which fail mode routes run", "error", err)
		return nil
	}
	return routes.FailModes()
}
