package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/enforcement/alert"
	"fairgate/ingest/outage"
)

// Looker looks for a pattern once.
type Looker interface {
	Look(ctx context.Context) ([]alert.Finding, error)
}

// Alerts take what is found; *alert.Service is one.
type Alerts interface {
	Report(ctx context.Context, findings ...alert.Finding) error
	Tend(ctx context.Context) error
}

// Leader says whether this process is the one that watches; *Lease is one.
type Leader interface {
	Hold(ctx context.Context, now time.Time) (bool, error)
	Release(ctx context.Context) error
}

// Task is a Looker with its rhythm.
type Task struct {
	Name string // also the label of its metrics
	Look Looker
	// Every is the pause from the end of one look to the next, and Timeout
	// bounds one.
	Every, Timeout time.Duration
	// Reads is the engine that is blamed where it cannot look; empty: none.
	Reads Engine
}

// Options tune a Runner. The zero value is usable.
type Options struct {
	Now func() time.Time
	// Tick is how often it is seen who is due. Default 500 ms.
	Tick time.Duration
	// Remind is how often what a slow watcher found is reported again until it
	// looks the next time. Default 30 s, well within the two minutes after which
	// an alert is over.
	Remind time.Duration
	// Tend is how often alerts are tended. Default 10 s.
	Tend time.Duration
	// Blind is for how long findings stand while the watcher cannot look. Default
	// 1 h.
	Blind time.Duration
	// Failures is after how many failed looks in a row the engine behind them is
	// reported. Default 3.
	Failures int
	Logger   *slog.Logger
	Registry prometheus.Registerer
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.Tick, 500 * time.Millisecond}, {&o.Remind, 30 * time.Second}, {&o.Tend, 10 * time.Second}, {&o.Blind, time.Hour},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	o.Failures = orElse(o.Failures, 3)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Runner gives watchers their rhythm and reports what they find.
type Runner struct {
	alerts Alerts
	leader Leader
	o      Options
	tasks  []*task

	leading        bool
	held, tended   time.Time
	unsaid         map[key]alert.Finding
	results        chan result
	leads          prometheus.Gauge
	failures       *prometheus.CounterVec
	took           *prometheus.HistogramVec
	lease, reports *outage.Log
	tending        *outage.Log
}

// key is what makes findings one alert.
type key struct {
	pattern alert.Pattern
	group   string
}

// task is a Task with where it stands. It belongs to Run's goroutine.
type task struct {
	Task
	running  bool
	ended    time.Time // of the last look
	saw      time.Time // when it could look last
	told     time.Time
	failures int
	found    []alert.Finding
	away     *outage.Log
}

type result struct {
	task  *task
	found []alert.Finding
	err   error
	took  time.Duration
}

// New returns a Runner of tasks with different names.
func New(alerts Alerts, leader Leader, tasks []Task, o Options) (*Runner, error) {
	o = o.withDefaults()
	with := promauto.With(o.Registry)
	r := &Runner{
		alerts: alerts, leader: leader, o: o, unsaid: map[key]alert.Finding{}, results: make(chan result, len(tasks)),
		leads: with.NewGauge(prometheus.GaugeOpts{Name: "fairgate_watch_leading", Help: "1 where this process watches for attack patterns."}),
		failures: with.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_watch_failures_total", Help: "Looks that failed, by watcher.",
		}, []string{"watcher"}),
		took: with.NewHistogramVec(prometheus.HistogramOpts{
			Name: "fairgate_watch_look_seconds", Help: "How long a look took, by watcher.", Buckets: []float64{.01, .03, .1, .3, 1, 3, 10, 30},
		}, []string{"watcher"}),
		lease:   outage.New(o.Logger, o.Now, slog.LevelWarn, "who watches is not known; this process goes on as before", "who watches is known again"),
		reports: outage.New(o.Logger, o.Now, slog.LevelError, "findings not reported; kept", "findings reported again"),
		tending: outage.New(o.Logger, o.Now, slog.LevelError, "alerts not tended", "alerts tended again"),
	}
	for i, t := range tasks {
		if t.Name == "" || t.Look == nil || t.Every <= 0 || t.Timeout <= 0 || (t.Reads != "" && !t.Reads.Valid()) {
			return nil, fmt.Errorf("watcher %d (%q): wants a name, a looker, a rhythm, a time limit and a known engine or none", i, t.Name)
		}
		if slices.ContainsFunc(r.tasks, func(other *task) bool { return other.Name == t.Name }) {
			return nil, fmt.Errorf("watcher %d: there is one named %q already", i, t.Name)
		}
		r.tasks = append(r.tasks, &task{Task: t, away: outage.New(o.Logger, o.Now, slog.LevelWarn, "watcher cannot look; tried again", "watcher looks again")})
	}
	return r, nil
}

// Run watches until ctx ends, and then returns nil. It may be called once.
func (r *Runner) Run(ctx context.Context) error {
	tick := time.NewTicker(r.o.Tick)
	defer tick.Stop()
	r.tick(ctx)
	for {
		select {
		case <-tick.C:
			r.tick(ctx)
		case done := <-r.results:
			r.take(ctx, done)
		case <-ctx.Done():
			return r.end(ctx)
		}
	}
}

// end waits for the looks under way and gives the lease up.
func (r *Runner) end(ctx context.Context) error {
	for _, t := range r.tasks {
		if t.running {
			<-r.results
		}
	}
	if !r.leading {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := r.leader.Release(ctx); err != nil {
		r.o.Logger.WarnContext(ctx, "the watch is taken over only when its lease has run out", "error", err)
	}
	return nil
}

// sqlTime bounds what is asked of SQL at once, so that watching goes on while it
// hangs.
const sqlTime = 5 * time.Second

func (r *Runner) tick(ctx context.Context) {
	now := r.o.Now()
	if now.Sub(r.held) >= LeaseTime/3 {
		r.held = now
		r.hold(ctx, now)
	}
	if !r.leading {
		return
	}
	for _, t := range r.tasks {
		if !t.running && now.Sub(t.ended) >= t.Every {
			t.running = true
			go r.look(ctx, t.Task, t)
		}
		if len(t.found) > 0 && now.Sub(t.told) >= r.o.Remind {
			r.report(ctx, t, now)
		}
	}
	if now.Sub(r.tended) >= r.o.Tend {
		r.tended = now
		if len(r.unsaid) > 0 {
			r.say(ctx)
		}
		bounded, cancel := context.WithTimeout(ctx, sqlTime)
		defer cancel()
		if err := r.alerts.Tend(bounded); ctx.Err() == nil {
			r.tending.Report(ctx, err)
		}
	}
}

// hold finds out whether this process watches. Where SQL does not say, it goes
// on as before: what two find at once is told once.
func (r *Runner) hold(ctx context.Context, now time.Time) {
	bounded, cancel := context.WithTimeout(ctx, sqlTime)
	defer cancel()
	leading, err := r.leader.Hold(bounded, now)
	if ctx.Err() != nil {
		return
	}
	r.lease.Report(ctx, err)
	if err != nil || leading == r.leading {
		return
	}
	r.leading = leading
	r.leads.Set(map[bool]float64{true: 1}[leading])
	for _, t := range r.tasks { // another's findings are its own
		t.found, t.failures, t.ended, t.saw = nil, 0, time.Time{}, now
	}
	clear(r.unsaid)
}

// look runs in a goroutine of its own. The channel has room for one result of
// each task.
func (r *Runner) look(ctx context.Context, t Task, of *task) {
	bounded, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	began := time.Now()
	found, err := t.Look.Look(bounded)
	r.results <- result{of, found, err, time.Since(began)}
}

// take notes what a look found and reports it.
func (r *Runner) take(ctx context.Context, done result) {
	t, now := done.task, r.o.Now()
	t.running, t.ended = false, now
	if ctx.Err() != nil || !r.leading {
		return
	}
	r.took.WithLabelValues(t.Name).Observe(done.took.Seconds())
	t.away.Report(ctx, done.err, slog.String("watcher", t.Name))
	if done.err != nil {
		r.failures.WithLabelValues(t.Name).Inc()
		t.failures++
		r.blind(t, done.err, now)
	} else {
		t.failures, t.saw, t.found = 0, now, done.found
	}
	if len(t.found) > 0 {
		r.report(ctx, t, now)
	}
}

// blind keeps what a watcher found while it cannot look, and blames the engine
// that it reads, unless a probe has.
func (r *Runner) blind(t *task, err error, now time.Time) {
	blames := func(f alert.Finding) bool { return f.Pattern == alert.EngineDegraded && f.Group == string(t.Reads) }
	t.found = slices.DeleteFunc(slices.Clone(t.found), blames)
	if now.Sub(t.saw) >= r.o.Blind {
		t.found = nil
	}
	if t.Reads == "" || t.failures < r.o.Failures {
		return
	}
	for _, other := range r.tasks {
		if other != t && slices.ContainsFunc(other.found, blames) {
			return
		}
	}
	t.found = append(t.found, unreadable(t.Reads, t.failures, err))
}

// report reports what a watcher found.
func (r *Runner) report(ctx context.Context, t *task, now time.Time) {
	t.told = now
	for _, f := range t.found {
		if err := f.Validate(); err != nil {
			r.o.Logger.ErrorContext(ctx, "bad finding left out", "watcher", t.Name, "error", err)
			continue
		}
		r.unsaid[key{f.Pattern, f.Group}] = f
	}
	r.say(ctx)
}

// say reports what is unsaid. What cannot be said now, because SQL is away, is
// said later, even if it is over by then.
func (r *Runner) say(ctx context.Context) {
	findings := make([]alert.Finding, 0, len(r.unsaid))
	for _, f := range r.unsaid {
		findings = append(findings, f)
	}
	bounded, cancel := context.WithTimeout(ctx, sqlTime)
	defer cancel()
	err := r.alerts.Report(bounded, findings...)
	if ctx.Err() != nil {
		return
	}
	r.reports.Report(ctx, err)
	if err == nil || errors.Is(err, alert.ErrBadInput) {
		clear(r.unsaid)
	}
}
