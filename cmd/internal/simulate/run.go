package simulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync/atomic"
	"time"
)

// Runner drives a run against one service.
type Runner struct {
	line    Line
	stage   Stage
	house   House
	ledger  Ledger
	mode    Mode
	plan    Plan
	out     io.Writer
	gateOff bool
	quiet   bool
	flags   *Flags
	review  func(ctx context.Context, labels []Label) error

	scene    atomic.Pointer[Scene] // being played
	hashTime time.Duration
	serial   uint64
}

// Options of a run.
type Options struct {
	Plan Plan
	// Out receives progress, a line at a time.
	Out io.Writer
	// GateOff plays the same seed again with the gate in observe mode.
	GateOff bool
	// Stage is where it takes place; nil: Live.
	Stage Stage
	// Ledger computes the same figures from labels, for comparison; nil: there
	// is none.
	Ledger Ledger
	// Review takes the truth's labels once all is over; nil: nobody reviews.
	Review func(ctx context.Context, labels []Label) error
	// Flags is what the service flagged; nil: nobody listens.
	Flags *Flags
	// Mode is needed for GateOff.
	Mode Mode
	// HashTime is Scene's.
	HashTime time.Duration
	// Quiet leaves out the lines of progress by the machine's time.
	Quiet bool
}

// House is the booking system as its operations reach it; *Service is one.
type House interface {
	// OpenHouse writes the venue's page unless there is one.
	OpenHouse(ctx context.Context) error
	// OpenSale creates or changes the pool of a run.
	OpenSale(ctx context.Context, w *World, opensAt time.Time, capacity Capacity) error
	// Fates reads what became of orders since a number, and returns up to which.
	Fates(ctx context.Context, pools string, into Orders, after int64) (int64, error)
	// Code is the last code that was sent to a number, empty where none was.
	Code(ctx context.Context, phone string) (string, error)
	// Through books for a partner's channel, at most once for a key.
	Through(ctx context.Context, channel, key string, order any) (id, account string, err error)
}

// Ledger takes labels and computes the quality figures; *Service is one.
type Ledger interface {
	Feed(ctx context.Context, labels []Label) error
	Figures(ctx context.Context, from, to time.Time) (LedgerFigures, error)
}

// Mode is the kill switch; *Service is one.
type Mode interface {
	Observe(ctx context.Context, on bool, reason string) error
}

// New makes a runner for the service at the end of a line; Client is one that reaches
// a gateway over HTTP.
func New(line Line, house House, o Options) (*Runner, error) {
	var errs []error
	if o.Plan.Duration < 5*time.Second {
		errs = append(errs, fmt.Errorf("duration %s: at least 5s", o.Plan.Duration))
	}
	if o.Plan.HostileShare < 0 || o.Plan.HostileShare > 0.99 {
		errs = append(errs, fmt.Errorf("hostile %g: a share from 0 to 0.99", o.Plan.HostileShare))
	}
	if o.Plan.People < 4 {
		errs = append(errs, fmt.Errorf("people %d: at least 4", o.Plan.People))
	}
	if o.Plan.Rate < 0 {
		errs = append(errs, fmt.Errorf("rate %g: not negative", o.Plan.Rate))
	}
	if o.GateOff && o.Mode == nil {
		errs = append(errs, errors.New("mode is missing: the gate cannot be turned off"))
	}
	if o.Stage == nil {
		o.Stage = Live{}
	}
	return &Runner{
		line: line, house: house, ledger: o.Ledger, mode: o.Mode, plan: o.Plan, out: o.Out, stage: o.Stage,
		gateOff: o.GateOff, hashTime: o.HashTime, quiet: o.Quiet, flags: o.Flags, review: o.Review,
	}, errors.Join(errs...)
}

// Report is what a run found.
type Report struct {
	Seed     uint64 `json:"seed"`
	Duration string `json:"duration"`
	// Shift is the seed of the parameters' factors, which Factors names; 0 where
	// they are as they are.
	Shift        uint64             `json:"shift,omitempty"`
	Factors      map[string]float64 `json:"factors,omitempty"`
	HostileShare float64            `json:"hostile_share"`
	Requests     int64              `json:"requests"`
	People       int                `json:"people"`
	TooSmall     []string           `json:"too_small,omitempty"`
	// Incomplete says that the run was interrupted: the figures are of what had
	// happened by then.
	Incomplete bool  `json:"incomplete,omitempty"`
	Truth      Truth `json:"truth"`
	// Ledger is nil where there was none to ask.
	Ledger *LedgerFigures `json:"ledger,omitempty"`
	// From and To bound the pass with the gate on.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Disagreements names each figure of which truth and ledger differ.
	Disagreements []string `json:"disagreements,omitempty"`
}

// Run plays the traffic, feeds the labels, and compares. What was found before
// an error is in the report, which is then not nil.
func (r *Runner) Run(ctx context.Context) (*Report, error) {
	// Each invocation has names of its own in the service, so that a second run
	// of one seed does not meet the accounts of the first.
	r.serial = uint64(r.stage.Now().Unix()) * 2 //nolint:gosec // after 1970
	on, err := r.runPass(ctx, "gate on", r.serial)
	if on == nil {
		return nil, err
	}
	rep := &Report{
		Seed: r.plan.Seed, Duration: r.plan.Duration.String(), HostileShare: on.Share, Requests: on.Requests,
		Truth: Judge(on.Scenarios, on.Actors, on.Orders), From: on.From, To: on.To,
		Shift: r.plan.Shift, Factors: Shifts(r.plan.Shift),
	}
	if r.flags != nil {
		rep.Truth.Detect(on.Scenarios, on.Actors, r.flags)
		rep.Truth.Scores = r.flags.scores(on.Actors)
	}
	rep.sizes(r.plan, on.Scenarios, on.Actors)
	if err != nil {
		rep.Incomplete = true
		return rep, err
	}
	if r.review != nil {
		if err := r.review(ctx, labelsOf(on.Actors)); err != nil {
			return rep, fmt.Errorf("review: %w", err)
		}
	}
	if r.ledger != nil {
		if err := r.askLedger(ctx, rep, on); err != nil {
			return rep, err
		}
	}
	if r.gateOff {
		if err := r.compareWithout(ctx, rep); err != nil {
			return rep, err
		}
	}
	return rep, nil
}

// askLedger feeds the labels in and compares what the ledger makes of them.
func (r *Runner) askLedger(ctx context.Context, rep *Report, on *Pass) error {
	labels := labelsOf(on.Actors)
	r.say("feeding %d labels, waiting for the ledger", len(labels))
	if err := r.ledger.Feed(ctx, labels); err != nil {
		return fmt.Errorf("feed labels: %w", err)
	}
	figures, err := r.figures(ctx, on, len(labels))
	rep.Ledger = &figures
	if err != nil {
		return err
	}
	rep.Compare()
	return nil
}

// compareWithout plays the same seed with the gate in observe mode and puts
// the mode back whatever happens.
func (r *Runner) compareWithout(ctx context.Context, rep *Report) (err error) {
	if err := r.mode.Observe(ctx, true, "simulation: the same seed with the gate off"); err != nil {
		return fmt.Errorf("switch the gate to observe: %w", err)
	}
	defer func() {
		back, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if e := r.mode.Observe(back, false, "simulation over"); e != nil {
			err = errors.Join(err, fmt.Errorf("switch the gate back to enforce: %w", e))
		}
	}()
	// Every gateway reads the switch at least once a second.
	if !r.stage.Wait(ctx, 2*time.Second) {
		return ctx.Err()
	}
	off, err := r.runPass(ctx, "gate off", r.serial+1)
	if err != nil {
		return err
	}
	g := JudgeGate(off.Actors, off.Orders)
	rep.Truth.GateOff = &g
	return nil
}

// figures reads the ledger until it has taken in everything: it is complete
// when two readings a second apart agree and all labels are counted.
func (r *Runner) figures(ctx context.Context, p *Pass, labels int) (LedgerFigures, error) {
	var last LedgerFigures
	same := 0
	for deadline := r.stage.Now().Add(90 * time.Second); r.stage.Now().Before(deadline); {
		f, err := r.ledger.Figures(ctx, p.From, p.To)
		if err != nil {
			return f, fmt.Errorf("read the ledger's figures: %w", err)
		}
		if f == last && f.LabelledHuman+f.LabelledScalper >= labels {
			if same++; same >= 3 {
				return f, nil
			}
		} else {
			same = 0
		}
		last = f
		if !r.stage.Wait(ctx, time.Second) {
			return last, ctx.Err()
		}
	}
	return last, nil
}

func labelsOf(actors []*Actor) []Label {
	labels := make([]Label, 0, len(actors))
	for _, a := range actors {
		if a.account == "" {
			continue // never signed in
		}
		l := Label{Account: a.account, Value: "human", Reason: "simulation"}
		if a.Hostile {
			l.Value, l.Operator = "scalper", a.Operator
		}
		labels = append(labels, l)
	}
	return labels
}

// Compare holds the ledger's figures against the truth and lists where they
// differ; the counts must be the same, not merely the shares alike.
func (rep *Report) Compare() {
	rep.Disagreements = nil
	if rep.Ledger == nil {
		return
	}
	for _, c := range []struct {
		name          string
		truth, ledger Rate
	}{
		{"false_positive_rate", rep.Truth.HumansHarmed, rep.Ledger.HumansHarmed},
		{"challenged_human_rate", rep.Truth.HumansChallenged, rep.Ledger.HumansChallenged},
		{"miss_rate", rep.Truth.ScalpersKept, rep.Ledger.ScalpersKept},
		{"interception_rate", rep.Truth.IntentsIntercepted, rep.Ledger.IntentsIntercepted},
	} {
		if c.truth.Numerator != c.ledger.Numerator || c.truth.Denominator != c.ledger.Denominator || math.Abs(c.truth.Value-c.ledger.Value) > 1e-9 {
			rep.Disagreements = append(rep.Disagreements, fmt.Sprintf("%s: truth %d/%d, ledger %d/%d",
				c.name, c.truth.Numerator, c.truth.Denominator, c.ledger.Numerator, c.ledger.Denominator))
		}
	}
}

func (r *Runner) say(format string, args ...any) {
	_, _ = fmt.Fprintf(r.out, format+"\n", args...)
}

// report prints a line of progress every five seconds until stopped.
func (r *Runner) report(ctx context.Context, name string, p *Progress, start time.Time) func() {
	if r.quiet {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(5 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			r.say("%s %3.0fs/%.0fs  %6d requests, %4.1f %% hostile · refused %d, challenged %d, turned down by stock or rules %d, unanswered %d · people refused %d",
				name, r.stage.Now().Sub(start).Seconds(), r.plan.Duration.Seconds(), p.People.Load()+p.Hostile.Load(), 100*p.HostileShare(),
				p.Refused.Load(), p.Challenged.Load(), p.House.Load(), p.Unanswered.Load(), p.HarmedNow.Load())
		}
	}()
	return func() { cancel(); <-done }
}
