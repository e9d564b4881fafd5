package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"fairgate/enforcement/ledger/chdb"
	"fairgate/enforcement/ledger/digest"
)

const benchSite = "museum"

// ConsoleOptions are those of a benchmark of the console's questions.
type ConsoleOptions struct {
	Argv     []string // starts the embedded ClickHouse's child
	Library  string   // libchdb
	Dir      string   // of the ledger, kept and used again; empty: a temporary one
	Events   int
	Days     int // that the events are spread over
	Accounts int // of people; machines are one in 300 more
	Tries    int
	// Plain also asks the quality figures of the events themselves, once.
	Plain bool
	Out   io.Writer // progress
}

// ConsoleReport is what was measured.
type ConsoleReport struct {
	Events   uint64 `json:"events"`
	Days     int    `json:"days"`
	Accounts int    `json:"accounts"`
	// CondenseSeconds is how long the ledger's hours took to condense, of those
	// that were not, and CondensedHours how many those were.
	CondenseSeconds float64         `json:"condense_seconds"`
	CondensedHours  int             `json:"condensed_hours"`
	Endpoints       []EndpointTimes `json:"endpoints"`
}

// EndpointTimes is how long the ledger takes for one endpoint's answer.
type EndpointTimes struct {
	Endpoint string  `json:"endpoint"`
	Tries    int     `json:"tries"`
	P50      float64 `json:"p50_seconds"`
	P95      float64 `json:"p95_seconds"`
	// CPU is the engine's and this process's CPU time a try: on a busy machine it
	// tells more than the wall clock.
	CPU   float64 `json:"cpu_seconds"`
	Error string  `json:"error,omitempty"`
}

// Console fills a ledger in the embedded ClickHouse and asks it what the
// console's pages ask, through the readers that the console uses. The last
// finished hour of the ledger is noon of its last day.
func Console(ctx context.Context, o ConsoleOptions) (report *ConsoleReport, err error) {
	if o.Events < 1000 || o.Accounts < 100 || o.Tries < 1 || o.Days < 1 || o.Days > 180 {
		return nil, fmt.Errorf("events %d, accounts %d, tries %d, days %d: at least 1000, 100, 1 and 1, and at most 180 days", o.Events, o.Accounts, o.Tries, o.Days)
	}
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp("", "fairgate-console-"); err != nil {
			return nil, fmt.Errorf("scratch ledger: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.Dir)) }()
	}
	engine, err := chdb.NewSupervisor(o.Argv, o.Library, o.Dir, chdb.SupervisorOptions{MaxExecutionTime: 10 * time.Minute})
	if err != nil {
		return nil, err
	}
	if err := engine.Start(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, engine.Stop(context.WithoutCancel(ctx))) }()
	events, end, err := fillLedger(ctx, engine, o)
	if err != nil {
		return nil, err
	}
	now := end.Add(-12 * time.Hour)
	report = &ConsoleReport{Events: events, Days: o.Days, Accounts: o.Accounts}
	if report.CondensedHours, report.CondenseSeconds, err = condense(ctx, engine, now); err != nil {
		return nil, err
	}
	_, _ = fmt.Fprintf(o.Out, "%d events; %d hours condensed in %.1f s\n", events, report.CondensedHours, report.CondenseSeconds)
	asked, closeAll, err := consoleQuestions(ctx, engine, now, o.Plain)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	for _, q := range asked {
		times := askConsole(ctx, engine, q, o.Tries)
		report.Endpoints = append(report.Endpoints, times)
		_, _ = fmt.Fprintf(o.Out, "%-52s p50 %7.3f s  p95 %7.3f s  cpu %7.3f s  %s\n", times.Endpoint, times.P50, times.P95, times.CPU, times.Error)
	}
	return report, nil
}

// condense brings the condensed hours up to date, as the ledger's role does.
func condense(ctx context.Context, engine *chdb.Supervisor, now time.Time) (hours int, seconds float64, err error) {
	b, err := digest.OpenBuilder(engine.Writer(), digest.BuilderOptions{Now: func() time.Time { return now }})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if err := b.Migrate(ctx); err != nil {
		return 0, 0, err
	}
	began := time.Now()
	hours, err = b.Refresh(ctx)
	return hours, time.Since(began).Seconds(), err
}

// question is what one endpoint asks.
type question struct {
	endpoint string
	once     bool // too slow to be asked again
	ask      func(context.Context) error
}

func askConsole(ctx context.Context, engine *chdb.Supervisor, q question, tries int) EndpointTimes {
	out := EndpointTimes{Endpoint: q.endpoint}
	if q.once {
		tries = 1
	}
	var walls []float64
	spent := ownCPU() + cpuOf(engine.PID())
	for range tries {
		began := time.Now()
		if err := q.ask(ctx); err != nil {
			out.Error = err.Error()
			return out
		}
		walls = append(walls, time.Since(began).Seconds())
	}
	out.Tries, out.CPU = tries, (ownCPU()+cpuOf(engine.PID())-spent).Seconds()/float64(tries)
	slices.SortFunc(walls, cmp.Compare[float64])
	out.P50, out.P95 = walls[(len(walls)-1)/2], walls[(len(walls)*95+99)/100-1]
	return out
}
