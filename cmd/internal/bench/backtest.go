package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"fairgate/enforcement/backtest"
	"fairgate/enforcement/backtest/backtesttest"
	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/archive"
	"fairgate/enforcement/ledger/chdb"
	"fairgate/enforcement/ledger/history"
	"fairgate/rules"
)

// BacktestOptions are those of a backtest benchmark.
type BacktestOptions struct {
	Argv     []string // starts the embedded ClickHouse's child
	Library  string   // libchdb
	Dir      string   // of the scratch ledger; empty: a temporary one
	Events   int
	Accounts int
	Rules    int
	Out      io.Writer // progress
}

// BacktestReport is what was measured.
type BacktestReport struct {
	Events   int `json:"events"`
	Rules    int `json:"rules"`
	Features int `json:"features"`
	// FilledPerSecond is how fast the scratch ledger was filled.
	FilledPerSecond float64      `json:"filled_per_second"`
	Alone           BacktestRate `json:"alone"`   // one version
	Against         BacktestRate `json:"against"` // beside another
}

// BacktestRate is one run.
type BacktestRate struct {
	Seconds         float64 `json:"seconds"`
	EventsPerSecond float64 `json:"events_per_second"`
	// CPUSeconds is what this process spent, EngineCPUSeconds what ClickHouse
	// did: on a busy machine their sum over two cores is the time it would take
	// on a quiet one.
	CPUSeconds       float64 `json:"cpu_seconds"`
	EngineCPUSeconds float64 `json:"engine_cpu_seconds"`
	PeakRSS          int64   `json:"peak_rss_bytes"`
	Judged           uint64  `json:"judged"`
	NewlyBlocked     uint64  `json:"newly_blocked"`
}

// Backtest fills a scratch ledger with generated events and runs backtests over
// them, through the adapters that production uses.
func Backtest(ctx context.Context, o BacktestOptions) (report *BacktestReport, err error) {
	if o.Events < 1000 || o.Accounts < 100 || o.Rules < 1 {
		return nil, fmt.Errorf("events %d, accounts %d, rules %d: at least 1000, 100 and 1", o.Events, o.Accounts, o.Rules)
	}
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp("", "fairgate-backtest-"); err != nil {
			return nil, fmt.Errorf("scratch ledger: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.Dir)) }()
	}
	engine, err := chdb.NewSupervisor(o.Argv, o.Library, o.Dir, chdb.SupervisorOptions{})
	if err != nil {
		return nil, err
	}
	if err := engine.Start(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, engine.Stop(context.WithoutCancel(ctx))) }()
	traffic := backtesttest.Traffic{Seed: 1, Accounts: o.Accounts, Start: time.Now().UTC().Add(-10 * 24 * time.Hour).Truncate(time.Hour)}
	began := time.Now()
	from, to, err := fill(ctx, engine, traffic, o)
	if err != nil {
		return nil, err
	}
	report = &BacktestReport{Events: o.Events, Rules: o.Rules, FilledPerSecond: float64(o.Events) / time.Since(began).Seconds()}
	reader, err := history.Open(engine.Reader(), history.Options{})
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	next, err := rules.Load("next", backtesttest.Ruleset(o.Rules, 1, 0.8), rules.Options{})
	if err != nil {
		return nil, err
	}
	other, err := rules.Load("against", backtesttest.Ruleset(o.Rules, 2, 1), rules.Options{})
	if err != nil {
		return nil, err
	}
	report.Features = len(next.Features())
	for _, run := range []struct {
		into    *BacktestRate
		against *rules.Program
	}{{&report.Alone, nil}, {&report.Against, other}} {
		if *run.into, err = backtestRate(ctx, engine, reader, next, run.against, backtest.Options{From: from, To: to}, o.Out); err != nil {
			return nil, err
		}
	}
	return report, nil
}

// fill writes the events and returns the period they are in.
func fill(ctx context.Context, engine *chdb.Supervisor, traffic backtesttest.Traffic, o BacktestOptions) (from, to time.Time, err error) {
	store, err := archive.Open(engine.Writer(), archive.Options{})
	if err != nil {
		return from, to, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Migrate(ctx); err != nil {
		return from, to, err
	}
	var records []ledger.Record
	n := 0
	for e := range backtesttest.Events(traffic, o.Events) {
		n++
		to = e.Time
		if records = append(records, ledger.Record{Event: e}); len(records) < 50_000 && n < o.Events {
			continue
		}
		if err := store.Write(ctx, records); err != nil {
			return from, to, err
		}
		records = records[:0]
		_, _ = fmt.Fprintf(o.Out, "%d of %d events written\n", n, o.Events)
	}
	return traffic.Start, to.Add(time.Second), nil
}

func backtestRate(
	ctx context.Context, engine *chdb.Supervisor, reader *history.Reader, next, against *rules.Program, o backtest.Options, out io.Writer,
) (BacktestRate, error) {
	own, others, began := ownCPU(), cpuOf(engine.PID()), time.Now()
	result, err := backtest.Compare(ctx, reader, next, against, o)
	if err != nil {
		return BacktestRate{}, err
	}
	took := time.Since(began)
	rate := BacktestRate{
		Seconds: took.Seconds(), EventsPerSecond: float64(result.Events) / took.Seconds(),
		CPUSeconds: (ownCPU() - own).Seconds(), EngineCPUSeconds: (cpuOf(engine.PID()) - others).Seconds(),
		PeakRSS: peakRSS(), Judged: result.Events, NewlyBlocked: result.NewlyBlocked.All,
	}
	_, _ = fmt.Fprintf(out, "%d events in %.1f s: %.0f a second\n", rate.Judged, rate.Seconds, rate.EventsPerSecond)
	return rate, nil
}

// ownCPU is what this process has spent.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cpuOf is what another process has spent, as Linux tells it (proc(5)); 0
// elsewhere.
func cpuOf(pid int) time.Duration {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * (time.Second / 100)
}

// peakRSS is the most memory this process has had resident; 0 where that is not
// told.
func peakRSS() int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}
