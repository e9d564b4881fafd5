package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/config"
)

// grace is how long a process may take to end cleanly.
const grace = 5 * time.Second

// roleFlags are common to every role.
type roleFlags struct {
	Config string `help:"Configuration file (YAML); FAIRGATE_… variables override it." type:"existingfile" placeholder:"FILE"`
}

type (
	gatewayCommand   struct{ roleFlags }
	scorerCommand    struct{ roleFlags }
	enforcerCommand  struct{ roleFlags }
	ledgerCommand    struct{ roleFlags }
	ticketingCommand struct{ roleFlags }
	consoleCommand   struct{ roleFlags }
)

type role = func(context.Context, *app.Stack, app.Env) (string, error)

// Run runs the edge.
func (c *gatewayCommand) Run(ctx context.Context) error {
	tuneGarbage()
	return c.run(ctx, "gateway", app.Gateway)
}

// Run runs the asynchronous pipeline.
func (c *scorerCommand) Run(ctx context.Context) error { return c.run(ctx, "scorer", app.Scorer) }

// Run runs enforcement.
func (c *enforcerCommand) Run(ctx context.Context) error {
	return c.run(ctx, "enforcer", app.Enforcer)
}

// Run runs the ledger's archive.
func (c *ledgerCommand) Run(ctx context.Context) error { return c.run(ctx, "ledger", app.Ledger) }

// Run runs the booking system.
func (c *ticketingCommand) Run(ctx context.Context) error {
	return c.run(ctx, "ticketing", app.Ticketing)
}

// Run runs the operators' API.
func (c *consoleCommand) Run(ctx context.Context) error { return c.run(ctx, "console", app.Console) }

func (f roleFlags) run(ctx context.Context, name string, start role) error {
	cfg, err := config.Load(f.Config)
	if err != nil {
		return err
	}
	log := logger(os.Stderr, cfg.Log)
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	stack := app.NewStack(log)
	env := app.Env{Config: cfg, Log: log, Registry: registry, Now: time.Now, Version: version}
	if err := app.Metrics(ctx, stack, cfg.Metrics.Listen, registry); err != nil {
		return err
	}
	addr, err := start(ctx, stack, env)
	if err != nil {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		if e := stack.Close(closing); e != nil {
			log.ErrorContext(ctx, "closing after a failed start", "error", e)
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	log.InfoContext(ctx, "role is up", "role", name, "addr", addr, "metrics", cfg.Metrics.Listen, "version", version)
	if err := stack.Run(ctx, grace); err != nil {
		return err
	}
	log.InfoContext(context.WithoutCancel(ctx), "role ended cleanly", "role", name)
	return nil
}

func logger(out io.Writer, c config.Log) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // validated by the configuration
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(out, o))
	}
	return slog.New(slog.NewTextHandler(out, o))
}

func devLogger(out io.Writer, level string) *slog.Logger {
	return logger(out, config.Log{Level: level, Format: "text"})
}
