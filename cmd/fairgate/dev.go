package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/simulate"
	"fairgate/enforcement/ledger/chdb"
	"fairgate/ticketing"
)

type devCommand struct {
	Data     string `help:"Directory for everything that outlives a restart." default:"./data" type:"path"`
	Rules    string `help:"Directory of rulesets to use and follow, in place of the shipped ones." type:"existingdir" placeholder:"DIR"`
	Listen   string `help:"Address of the gateway." default:"127.0.0.1:8080"`
	Console  string `help:"Address of the operators' API." default:"127.0.0.1:8090"`
	Metrics  string `help:"Address of /metrics; empty for none." default:"127.0.0.1:9090"`
	Demo     bool   `help:"Also send a gentle mix of traffic, for ever."`
	LogLevel string `help:"debug, info, warn or error." default:"warn" enum:"debug,info,warn,error"`
	// FreePorts also moves ticketing and the receiver of outcomes, which have
	// no flags of their own.
	FreePorts bool `help:"Take whatever ports are free in place of --listen, --console and the default of --metrics, for a run beside another."`
}

// Run runs everything until it is told to stop.
func (c *devCommand) Run(ctx context.Context) error {
	log := devLogger(os.Stderr, c.LogLevel)
	dev, err := app.StartDev(ctx, app.DevOptions{
		Data: c.Data, Rules: c.Rules, Gateway: c.Listen, Operators: c.Console, Metrics: c.Metrics, FreePorts: c.FreePorts, Log: log, Version: version,
	})
	if err != nil {
		return err
	}
	c.greet(os.Stdout, dev)
	if c.Demo {
		service, err := c.demo(dev)
		if err != nil {
			return err
		}
		dev.Go("demo", func(ctx context.Context) error { return simulate.Demo(ctx, dev.Gateway, service, os.Stdout, log) })
	}
	err = dev.Run(ctx, grace)
	if err == nil {
		_, _ = fmt.Fprintln(os.Stdout, "Ended cleanly; everything is kept in", dev.Data)
	}
	return err
}

func (c *devCommand) demo(dev *app.Dev) (*simulate.Service, error) {
	s := &simulateCommand{Data: c.Data, Ticketing: "http://" + dev.Ticketing, Operators: "http://" + dev.Operators}
	return s.service()
}

// greet prints where everything is.
func (c *devCommand) greet(out io.Writer, dev *app.Dev) {
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	line("Fairgate %s is up.\n", version)
	line("  gateway         http://%s   (the visitors' pages; health: /healthz, /readyz)", dev.Gateway)
	line("  operators' API  http://%s   (document: /api/v1/openapi.json)", dev.Operators)
	line("  ticketing       http://%s   (takes only what the gateway signed)", dev.Ticketing)
	if dev.MetricsAddr != "" {
		line("  metrics         http://%s/metrics", dev.MetricsAddr)
	}
	line("  data            %s\n", dev.Data)
	line("  embedded engines")
	line("    Redis       %s  in memory, kept over an orderly restart; lists are rebuilt from SQL", dev.Redis)
	line("    Kafka       %s  kept in %s", dev.Kafka, "kafka/")
	line("    SQLite      kept in sql/")
	if dev.NoAnalytics == nil {
		line("    ClickHouse  %s  kept in clickhouse/", dev.Analytics)
	} else {
		line("    ClickHouse  none in this run: %v", dev.NoAnalytics)
	}
	if dev.Password != "" {
		line("\n  first administrator: admin, one-time password: %s\n  (change it: POST /api/v1/sessions, then POST /api/v1/password)", dev.Password)
	}
	line("\n  something to book for a start (or --demo, which adds traffic too):")
	line("    curl -X PUT -H \"Authorization: Bearer $(cat %s)\" -H 'Content-Type: application/json' \\", app.SecretPath(dev.Data, app.OperationsKey))
	line("      http://%s/internal/v1/pools/main -d '%s'", dev.Ticketing, firstPool(time.Now()))
	line("  who is blocked, and by which rule:")
	line("    curl -H \"Authorization: Bearer $(cat %s)\" 'http://%s/api/v1/lists/deny'", dev.OperatorFile, dev.Operators)
	line("  people and scalpers, measured:")
	line("    bin/fairgate simulate --seed 7 --hostile 0.9 --duration 60s --data %s", dev.Data)
	line("  Ctrl-C ends it cleanly.")
}

type chdbCommand struct{}

// Run is the analytics child's whole life.
func (chdbCommand) Run(ctx context.Context) error {
	return chdb.ServeChild(ctx, os.Stdin, os.Stdout, devLogger(os.Stderr, "warn"))
}

// firstPool is a pool to begin with: places for tomorrow and the day after.
func firstPool(now time.Time) string {
	day := func(n int) ticketing.Date { return ticketing.DateOf(now.AddDate(0, 0, n)) }
	return fmt.Sprintf(`{"name":"常设展","name_en":"Permanent exhibition","limit_per_order":5,"hold_seconds":900,"days":[{"date":%q,"capacity":200},{"date":%q,"capacity":200}]}`, day(1), day(2))
}
