package main

import (
	"context"
	"os"
	"time"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/bench/gatewaybench"
)

type benchGatewayCommand struct {
	Redis    string        `help:"Redis to use, one that may be filled; default: one of its own (redis-server in PATH)." placeholder:"HOST:PORT"`
	Kafka    string        `help:"Kafka to use; default: the embedded one in a process of its own." placeholder:"HOST:PORT"`
	Duration time.Duration `help:"Length of one cell; there are about fifty." default:"2s"`
	Rates    []int         `help:"Requests a second of the open loops." default:"500,1500"`
	Quick    bool          `help:"Short cells, few rounds, a small population: whether it works, not how fast it is."`
	Profile  string        `help:"Write a CPU profile of the gateway (100 rules, most connections), and beside it one of its allocations; and the same of the other gateways, with their variants' names at the end." placeholder:"FILE"`
	Only     []string      `help:"Measure only these against the bare proxy, with the most connections: one_round_trip, screened_100, screened_1000, degraded." placeholder:"VARIANT,..."`
	Journals string        `help:"Directory for the gateways' journals, to choose their disk; default: the place for temporary files." placeholder:"DIR"`
	JSON     string        `help:"Write the report to this file (- for standard output, instead of the table)." placeholder:"FILE"`
}

// Run measures and prints.
func (c *benchGatewayCommand) Run(ctx context.Context) error {
	exe, err := ownBinary()
	if err != nil {
		return err
	}
	o := gatewaybench.Options{
		Exe: exe, Out: os.Stderr, Redis: c.Redis, Kafka: c.Kafka, Duration: c.Duration, Rates: c.Rates, Profile: c.Profile, Journals: c.Journals,
	}
	for _, v := range c.Only {
		o.Only = append(o.Only, gatewaybench.Variant(v))
	}
	if c.Quick {
		o.Duration, o.Rounds, o.Accounts, o.Requests, o.Reloads, o.Rates = 200*time.Millisecond, 1, 500, 4096, 1, []int{200}
	}
	report, err := gatewaybench.Gateway(ctx, o)
	if err != nil {
		return err
	}
	if c.JSON != "" {
		if err := writeReport(c.JSON, report); err != nil || c.JSON == "-" {
			return err
		}
	}
	return report.Table(os.Stdout)
}

// benchPartCommand is one process of the benchmark. It ends with its parent,
// who holds the other end of its standard input.
type benchPartCommand struct {
	roleFlags
	Role     gatewaybench.Role `arg:""`
	Upstream string
	Redis    string
	Dir      string
	Prefix   string
	Profile  string
}

// Run runs the part.
func (c *benchPartCommand) Run(ctx context.Context) error {
	ctx, cancel := gatewaybench.WithParent(ctx, os.Stdin)
	defer cancel()
	if c.Role != gatewaybench.RoleGateway {
		return gatewaybench.RunPart(ctx, c.Role, gatewaybench.PartOptions{Upstream: c.Upstream, Redis: c.Redis, Dir: c.Dir, Prefix: c.Prefix}, os.Stdout)
	}
	tuneGarbage()
	return c.run(ctx, "gateway", func(ctx context.Context, s *app.Stack, e app.Env) (string, error) {
		if c.Profile != "" {
			s.Go("profile", func(ctx context.Context) error { gatewaybench.Profile(ctx, c.Profile, e.Log); return nil })
		}
		addr, err := app.Gateway(ctx, s, e)
		if err != nil {
			return "", err
		}
		return addr, gatewaybench.Announce(os.Stdout, addr)
	})
}
