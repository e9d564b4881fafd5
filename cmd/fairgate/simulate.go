package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"fairgate/cmd/internal/app"
	"fairgate/cmd/internal/simulate"
	"fairgate/cmd/internal/simulate/report"
	"fairgate/rules"
)

type simulateCommand struct {
	Seed     uint64    `help:"Seed of all random choices." default:"1"`
	Duration runLength `help:"Length of the timed part. A run of days (14d) needs --virtual." default:"60s"`
	Hostile  float64   `help:"Hostile share of requests, 0 to 0.99." default:"0.9"`
	Rate     float64   `help:"Most requests a second to aim for; 0 lets people and hostile share decide." default:"0"`
	People   int       `help:"Number of people." default:"500"`
	JSON     string    `help:"Also write the report to this file (- for standard output)." placeholder:"FILE"`
	Report   string    `help:"Also write report.html, with plots, and report.json into this folder." type:"path" placeholder:"DIR"`
	GateOff  bool      `help:"Play the same seed again with the gate only observing, for comparison." default:"true" negatable:""`

	Virtual   bool     `help:"Play in one process on a virtual clock, as fast as the machine allows; needs no running service." xor:"where"`
	Scenarios []string `help:"Play only these of the catalogue." placeholder:"S1,H2"`
	Shift     uint64   `help:"With --virtual and a run of days: shift every parameter by a factor from 0.5 to 2, drawn from this seed; 0 shifts none." placeholder:"SEED"`
	Intents   int      `help:"With --virtual and a run of days: the least number of intents of each attack; 0 for as many as figures need."`
	Runs      int      `help:"With --virtual: play so many short runs, with seeds from --seed on, and count how often the intervals of the live estimators hold the truth."`
	Params    bool     `help:"List the parameters with their distributions, shifted where --shift is given, and do nothing else."`

	Without []string `help:"With --virtual: leave out the rules of these feature families." placeholder:"FAMILY"`
	Rules   string   `help:"With --virtual: rulesets of this folder instead of the shipped ones." type:"path" placeholder:"DIR"`

	Gateway   string `help:"Address of the running gateway, in place of the one that --data names." placeholder:"HOST:PORT"`
	Ticketing string `help:"Base URL of the booking system's internal API, in place of the one that --data names." placeholder:"URL"`
	Operators string `help:"Base URL of the operators' API, in place of the one that --data names." placeholder:"URL"`
	Data      string `help:"Data directory of the running 'fairgate dev', for its addresses and keys." default:"./data" type:"path"`
	Embedded  bool   `help:"Start embedded engines in a temporary directory and drive those." xor:"where"`
}

// runLength is a duration that may be written in days.
type runLength time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *runLength) UnmarshalText(text []byte) error {
	d, err := rules.ParseDuration(string(text))
	*l = runLength(d)
	return err
}

// Help says what a run needs.
func (c *simulateCommand) Help() string {
	return `Drives people and attackers over HTTP at a running 'fairgate dev' (start it with
'make run'), computes the quality figures from what they saw, feeds the truth's
labels in, reads the same figures from the ledger, and compares. The exit code is
1 when the two disagree and 3 when the run is too small for its figures to mean
anything. A short run plays nine scenarios; --scenarios names others. Those that
take days are played with --virtual --duration 14d, which wants 10,000 people.

With --virtual nothing needs to run: gateway, rules, pipeline, enforcement and
booking system are in this process, on a clock that jumps from one event to the
next, and a seed gives the same report every time. --without leaves out the rules
of feature families, by their tags. --runs 200 plays as many short runs, draws the
audit sample in each, has it judged, and counts how often the 95 % intervals of the
ledger's figures hold what was true; it takes the embedded ClickHouse, and the exit
code is 1 where that is not in 93 to 97 % of them, chance allowed for.`
}

// Run plays the traffic.
func (c *simulateCommand) Run(ctx context.Context) (err error) {
	switch plan := c.plan(); {
	case c.Params:
		return simulate.PrintParams(os.Stdout, c.Shift)
	case plan.Long() && !c.Virtual:
		return errors.New("duration: a run of days needs --virtual")
	case plan.Shift != 0 && !plan.Long():
		return errors.New("shift: parameters are shifted in a run of days only, such as --virtual --duration 14d")
	case plan.Intents < 0 || plan.Intents > 0 && !plan.Long():
		return errors.New("intents: a number above 0, in a run of days only, such as --virtual --duration 14d")
	case c.Runs < 0 || c.Runs > 0 && (!c.Virtual || plan.Long()):
		return errors.New("runs: a number above 0, with --virtual and a duration of less than a day")
	case c.Runs > 0:
		return c.playRuns(ctx)
	case c.Virtual:
		return c.playVirtual(ctx)
	}
	if c.Embedded {
		stop, err := c.startEmbedded(ctx)
		if err != nil {
			return err
		}
		defer stop()
	}
	if err := c.locate(); err != nil {
		return err
	}
	service, err := c.service()
	if err != nil {
		return err
	}
	runner, err := simulate.New(simulate.NewClient(c.Gateway), service, simulate.Options{
		Plan: c.plan(),
		Out:  os.Stderr, GateOff: c.GateOff, Ledger: service, Mode: service,
	})
	if err != nil {
		return err
	}
	report, err := runner.Run(ctx)
	return c.conclude(report, err)
}

// locate asks the data directory for each address that no flag gave.
func (c *simulateCommand) locate() error {
	if c.Gateway != "" && c.Ticketing != "" && c.Operators != "" {
		return nil
	}
	noted, err := app.ReadAddresses(c.Data)
	if err != nil {
		return fmt.Errorf("%w (start one, or say --gateway, --ticketing and --operators)", err)
	}
	c.Gateway = cmp.Or(c.Gateway, noted.Gateway)
	c.Ticketing = cmp.Or(c.Ticketing, "http://"+noted.Ticketing)
	c.Operators = cmp.Or(c.Operators, "http://"+noted.Operators)
	return nil
}

// playVirtual plays without a service, and again with the gate off.
func (c *simulateCommand) playVirtual(ctx context.Context) error {
	tunePlaying()
	run := simulate.VirtualRun{Plan: c.plan(), Without: c.Without, Rules: c.Rules, Out: os.Stderr}
	report, err := run.Play(ctx)
	if err == nil && c.GateOff {
		run.GateOff = true
		var off *simulate.Report
		if off, err = run.Play(ctx); off != nil {
			report.Truth.GateOff = &off.Truth.GateOn
		}
	}
	return c.conclude(report, err)
}

func (c *simulateCommand) plan() simulate.Plan {
	return simulate.Plan{
		Seed: c.Seed, Duration: time.Duration(c.Duration), People: c.People, HostileShare: c.Hostile, Rate: c.Rate,
		Scenarios: c.Scenarios, Shift: c.Shift, Intents: c.Intents,
	}
}

// conclude writes what was found and says how it ended.
func (c *simulateCommand) conclude(report *simulate.Report, err error) error {
	if report != nil {
		err = errors.Join(err, c.write(report))
	}
	if err != nil {
		return err
	}
	switch {
	case len(report.Disagreements) > 0:
		return exitCode(1)
	case len(report.TooSmall) > 0:
		return exitCode(3)
	}
	return nil
}

func (c *simulateCommand) service() (*simulate.Service, error) {
	operators, err := app.ReadSecret(c.Data, app.OperatorKey)
	if err != nil {
		return nil, err
	}
	ticketing, err := app.ReadSecret(c.Data, app.OperationsKey)
	if err != nil {
		return nil, err
	}
	return &simulate.Service{
		Ticketing: c.Ticketing, TicketingKey: ticketing, Operators: c.Operators, OperatorsKey: operators,
		HTTP: &http.Client{Timeout: 60 * time.Second},
	}, nil
}

func (c *simulateCommand) write(rep *simulate.Report) error {
	if c.JSON != "-" {
		if err := rep.Print(os.Stdout); err != nil {
			return err
		}
	}
	if c.JSON != "" {
		if err := writeReport(c.JSON, rep); err != nil {
			return err
		}
	}
	if c.Report == "" {
		return nil
	}
	return report.Write(c.Report, report.Data{Run: rep, Leaks: simulate.Leaks(c.Seed, c.Shift)})
}

// startEmbedded runs everything in this process, on free ports.
func (c *simulateCommand) startEmbedded(ctx context.Context) (stop func(), err error) {
	dir, err := os.MkdirTemp("", "fairgate-simulate-")
	if err != nil {
		return nil, fmt.Errorf("temporary directory: %w", err)
	}
	dev, err := app.StartDev(ctx, app.DevOptions{Data: dir, FreePorts: true, Log: devLogger(os.Stderr, "error")})
	if err != nil {
		return nil, fmt.Errorf("start the embedded service: %w", err)
	}
	c.Data, c.Gateway = dir, dev.Gateway
	c.Ticketing, c.Operators = "http://"+dev.Ticketing, "http://"+dev.Operators
	return func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err := dev.Close(closing); err != nil {
			fmt.Fprintln(os.Stderr, "stop the embedded service:", err)
		}
		_ = os.RemoveAll(dir)
	}, nil
}
