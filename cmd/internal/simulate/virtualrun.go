package simulate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"time"

	"fairgate/cmd/internal/app"
	"fairgate/ingest/fingerprint"
	"fairgate/scoring"
)

// VirtualRun is a run on the virtual stage: everything in one process, as fast
// as the machine allows.
type VirtualRun struct {
	Plan Plan
	// GateOff plays the same seed with the gate only observing.
	GateOff bool
	// Without are the feature families whose rules are left out.
	Without []string
	// Rules is a folder of rulesets; empty: those of the program.
	Rules string
	// Out receives progress, a line at a time; nil: nobody is told.
	Out io.Writer
	// Verdicts is told of every published verdict, and keeps and changes nothing
	// of it; nil: nobody is told.
	Verdicts func(v *scoring.Verdict)
	// MaxEntities bounds the counters (scoring/window/memory); 0: its default.
	MaxEntities int

	sample *sampling // nil: none is drawn
	flags  *Flags    // set while it is played
}

// virtualBegins is when the time of a virtual run begins: a working day's
// morning at the venue, long before any school holiday.
func virtualBegins() time.Time { return time.Date(2026, 3, 3, 1, 0, 0, 0, time.UTC) }

// mostTending is how often in a run the service's own jobs are done: every half
// second as in life in a run of hours, every half minute in one of weeks.
const mostTending = 40_000

// The price of a proof of work. On the virtual stage numbers are searched for
// up to virtualChallenge, so that the search costs the machine little, and each
// hash tried stands for as many as make the sum that of a site's own difficulty;
// an actor is given the time that a phone takes for them.
const (
	virtualChallenge = 200
	siteChallenge    = 20_000
	hashesPerSecond  = 1_000_000
	hashTime         = time.Second * siteChallenge / virtualChallenge / hashesPerSecond
)

// Play plays the run. The report holds what was found also where the run was
// interrupted, marked incomplete; the error is then ctx's.
func (r VirtualRun) Play(ctx context.Context) (report *Report, err error) {
	failed := r.on(ctx, func(runner *Runner) error {
		report, err = runner.Run(ctx)
		return err
	})
	return report, failed
}

// on puts everything together on a virtual stage and lets play run there.
func (r VirtualRun) on(ctx context.Context, play func(*Runner) error) (err error) {
	out := r.Out
	if out == nil {
		out = io.Discard
	}
	dir, err := os.MkdirTemp("", "fairgate-virtual-")
	if err != nil {
		return fmt.Errorf("folder of a virtual run: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r.listen()
	meter := newMeter(out, r.Plan.Duration)
	stage := NewVirtual(virtualBegins(), VirtualOptions{Watch: meter.look})
	service, err := r.open(ctx, dir, stage)
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = errors.Join(err, service.Close(closing))
	}()
	runner, err := r.runner(out, stage, service)
	if err != nil {
		return err
	}
	meter.runner = runner
	if r.GateOff {
		if err := service.Observe(ctx, true, "simulation: the gate off"); err != nil {
			return err
		}
	}
	var played error
	stopped := stage.Run(ctx, func() { played = play(runner) })
	if n := service.Forgotten(); n > 0 {
		stopped = errors.Join(stopped, fmt.Errorf("the counters forgot %d entities in use: give them more room", n))
	}
	return cmp.Or(played, stopped)
}

// listen collects whom the verdicts flag.
func (r *VirtualRun) listen() {
	tell := r.Verdicts
	r.flags = newFlags()
	r.Verdicts = func(v *scoring.Verdict) {
		r.flags.take(v)
		if tell != nil {
			tell(v)
		}
	}
}

// runner drives the actors at the service on the stage.
func (r VirtualRun) runner(out io.Writer, stage *Virtual, service *app.Contained) (*Runner, error) {
	key, err := app.ContainedConfig(r.Plan.Seed).Keys.Operations.Reveal()
	if err != nil {
		return nil, err
	}
	house := &Service{Ticketing: "http://ticketing", TicketingKey: key, HTTP: &http.Client{Transport: service.Operations()}}
	o := Options{Plan: r.Plan, Out: out, Stage: stage, HashTime: hashTime, Quiet: true, Flags: r.flags}
	if r.sample != nil {
		o.Review = func(ctx context.Context, labels []Label) error { return r.sample.judge(ctx, service, labels) }
	}
	return New(stage, house, o)
}

// locate is the GeoIP database of a long run. A short one has none, as nobody
// gives one to the service that a live run drives.
func (r VirtualRun) locate() func(netip.Addr) fingerprint.Location {
	if !r.Plan.Long() {
		return nil
	}
	return locate()
}

// open puts the service together on the stage.
func (r VirtualRun) open(ctx context.Context, dir string, stage *Virtual) (*app.Contained, error) {
	config := app.ContainedConfig(r.Plan.Seed)
	config.Gateway.ChallengeMax, config.Rules.Dir = virtualChallenge, r.Rules
	program, err := app.ContainedProgram(ctx, config, r.Without...)
	if err != nil {
		return nil, err
	}
	r.flags.know(program.Ruleset())
	options := app.ContainedOptions{
		Env: app.Env{Config: config, Log: slog.New(slog.DiscardHandler), Now: stage.Now, Locate: r.locate()},
		Dir: dir, After: stage.At, Program: program, Seed: r.Plan.Seed, MaxEntities: r.MaxEntities, Verdicts: r.Verdicts,
		Pace: r.Plan.Duration / mostTending,
	}
	if r.sample != nil {
		options.Config.Site, options.Sample, options.Kept = r.sample.site, r.sample.rates, r.sample.kept
	}
	service, err := app.StartContained(ctx, options)
	if err != nil {
		return nil, err
	}
	stage.Connect(service)
	return service, nil
}
