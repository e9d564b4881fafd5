package enforcement

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
)

// EnforcerOptions are what an Enforcer can do without.
type EnforcerOptions struct {
	Kill *Switch // nil: there is no kill switch
	// Budget guards people from a rule that misfires, and keeps Curb; nil: no
	// rule is ever turned down.
	Budget Budget
	Curb   *Curb
	// Receipts makes those of what was let through at first; nil: ones that nobody
	// can appeal with.
	Receipts *Receipts
	// Sampler draws accounts for the audit sample; nil: none is drawn.
	Sampler Sampler
	// Challenges takes what became of challenges; nil: nobody does.
	Challenges Challenges
	// Batch is how many verdicts that already wait are enforced together.
	// Default 200.
	Batch int
	// Attempts is how often one verdict is tried before it is put aside, as
	// long as others succeed. Default 5.
	Attempts int
	// Backoff is the first pause after a failure; it doubles up to
	// MaxBackoff. Defaults 100 ms and 5 s.
	Backoff, MaxBackoff time.Duration
	Now                 func() time.Time
	Logger              *slog.Logger
	Registry            prometheus.Registerer
}

func (o EnforcerOptions) withDefaults() EnforcerOptions {
	if o.Batch <= 0 {
		o.Batch = 200
	}
	if o.Attempts <= 0 {
		o.Attempts = 5
	}
	if o.Backoff <= 0 {
		o.Backoff = 100 * time.Millisecond
	}
	if o.MaxBackoff <= 0 {
		o.MaxBackoff = 5 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Enforcer does what published verdicts ask for: blocks that are to stand go
// to the deny list, what a blocked account holds is queued to be taken back,
// and evidence goes to the account's case. Each of these ignores repeats, so a
// redelivered verdict does nothing twice. The booking system is not called
// here: a slow one must not delay the deny list.
type Enforcer struct {
	source  Source
	dead    DeadLetters
	lists   Lists
	sweeps  Sweeps
	cases   Cases
	options EnforcerOptions
	metrics *enforcerMetrics
}

// NewEnforcer puts an Enforcer together.
func NewEnforcer(source Source, dead DeadLetters, lists Lists, sweeps Sweeps, cases Cases, o EnforcerOptions) *Enforcer {
	return &Enforcer{
		source: source, dead: dead, lists: lists, sweeps: sweeps, cases: cases,
		options: o.withDefaults(), metrics: newEnforcerMetrics(o.Registry),
	}
}

// work is a delivery with what it asks for; plan is nil for one that cannot be
// read, and err says why.
type work struct {
	delivery Delivery
	plan     *plan
	err      error
	failures int
}

// Run consumes until ctx ends, and then returns nil; an error is the source's.
// What was fetched and not finished is delivered again.
func (e *Enforcer) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	fetched := make(chan *work, e.options.Batch)
	failed := make(chan error, 1)
	go func() { failed <- e.fetch(ctx, fetched) }()
	for {
		batch, err := e.gather(ctx, fetched, failed)
		if err == nil {
			err = e.finish(ctx, batch)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
	}
}

// Handle enforces deliveries and commits them, as Run does with what it
// fetches. It returns when they are enforced, or with ctx's error.
func (e *Enforcer) Handle(ctx context.Context, deliveries []Delivery) error {
	if len(deliveries) == 0 {
		return nil
	}
	batch := make([]*work, len(deliveries))
	for i, d := range deliveries {
		batch[i] = e.read(d)
	}
	return e.finish(ctx, batch)
}

// Enforce enforces verdicts that were handed over as they are, by whoever
// scored them in this process. It returns when they are enforced, or with ctx's
// error.
func (e *Enforcer) Enforce(ctx context.Context, verdicts []scoring.Verdict) error {
	if len(verdicts) == 0 {
		return nil
	}
	batch := make([]*work, len(verdicts))
	for i, v := range verdicts {
		batch[i] = e.plan(&work{}, v)
	}
	return e.finish(ctx, batch)
}

// fetch reads ahead, so that a batch is whatever waits.
func (e *Enforcer) fetch(ctx context.Context, fetched chan<- *work) error {
	for {
		d, err := e.source.Fetch(ctx)
		if err != nil {
			return fmt.Errorf("fetch a verdict: %w", err)
		}
		select {
		case fetched <- e.read(d):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// read decodes a delivery.
func (e *Enforcer) read(d Delivery) *work {
	w := &work{delivery: d}
	var v scoring.Verdict
	if err := json.Unmarshal(d.Value, &v); err != nil {
		w.err = fmt.Errorf("%w: %w", errPoison, err)
		return w
	}
	return e.plan(w, v)
}

// plan says what a verdict asks for.
func (e *Enforcer) plan(w *work, v scoring.Verdict) *work {
	if v.Receipt == "" && v.EventID != "" {
		v.Receipt = ReceiptFor(e.options.Receipts, v.EventID, v.Time, v.Subject)
	}
	if w.plan, w.err = planOf(v); w.err == nil {
		e.metrics.verdicts.WithLabelValues(string(v.Stage), strconv.FormatBool(w.plan.acts())).Inc()
	}
	return w
}

// gather waits for one verdict and takes those that wait behind it.
func (e *Enforcer) gather(ctx context.Context, fetched <-chan *work, failed <-chan error) ([]*work, error) {
	var batch []*work
	select {
	case w := <-fetched:
		batch = append(batch, w)
	case <-ctx.Done():
		return nil, ctx.Err()
	case err := <-failed:
		return nil, err
	}
	for len(batch) < e.options.Batch {
		select {
		case w := <-fetched:
			batch = append(batch, w)
		default:
			return batch, nil
		}
	}
	return batch, nil
}

// finish enforces a batch, however long that takes, and commits it.
func (e *Enforcer) finish(ctx context.Context, batch []*work) error {
	pause := e.options.Backoff
	rest := batch
	for {
		rest = e.round(ctx, rest)
		if len(rest) == 0 {
			break
		}
		e.metrics.retries.Inc()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, e.options.MaxBackoff)
	}
	deliveries := make([]Delivery, len(batch))
	for i, w := range batch {
		deliveries[i] = w.delivery
	}
	if err := e.source.Commit(ctx, deliveries...); err != nil {
		return fmt.Errorf("commit %d verdicts: %w", len(batch), err)
	}
	return nil
}

// round tries a batch as a whole and, where that fails, one by one. It returns
// what must be tried again. A verdict is put aside when it cannot be read, or
// when it failed too often while another succeeded: when all fail, the
// database is away and nobody is to blame.
func (e *Enforcer) round(ctx context.Context, batch []*work) (rest []*work) {
	var plans []*plan
	for _, w := range batch {
		if w.err == nil {
			plans = append(plans, w.plan)
		}
	}
	if err := e.apply(ctx, plans); err == nil {
		for _, w := range batch {
			if w.err != nil && !e.bury(ctx, w) {
				rest = append(rest, w)
			}
		}
		return rest
	}
	healthy := false
	for _, w := range batch {
		if w.err == nil {
			if err := e.apply(ctx, []*plan{w.plan}); err != nil {
				w.failures++
				rest = append(rest, w)
				e.options.Logger.LogAttrs(ctx, slog.LevelWarn, "verdict not enforced yet",
					slog.String("event_id", w.plan.verdict.EventID), slog.Int("failures", w.failures), slog.Any("error", err))
				if w.failures >= e.options.Attempts {
					w.err = errors.Join(errPoison, err)
				}
				continue
			}
			healthy = true
			continue
		}
		rest = append(rest, w)
	}
	return e.judge(ctx, rest, healthy)
}

// judge buries what is to blame for its own failure and returns the rest.
func (e *Enforcer) judge(ctx context.Context, failed []*work, healthy bool) (rest []*work) {
	if !healthy {
		_, _, err := e.lists.Standing(ctx, "", []Target{{Entity: rules.EntityAccount, Key: "probe"}}, e.options.Now())
		healthy = err == nil
	}
	for _, w := range failed {
		if w.err != nil && w.failures > 0 && !healthy {
			w.err, w.failures = nil, 0
		}
		if w.err == nil || !e.bury(ctx, w) {
			rest = append(rest, w)
		}
	}
	return rest
}

// bury puts a verdict aside and reports whether that worked.
func (e *Enforcer) bury(ctx context.Context, w *work) bool {
	if err := e.dead.Bury(ctx, w.delivery, w.err); err != nil {
		e.options.Logger.LogAttrs(ctx, slog.LevelError, "dead letter not written", slog.Any("error", err))
		return false
	}
	e.metrics.deadLetters.Inc()
	e.options.Logger.LogAttrs(ctx, slog.LevelError, "verdict put aside", slog.Any("error", w.err))
	return true
}

// apply enforces plans. Every step ignores what was done before, so a failure
// half way is mended by applying again.
func (e *Enforcer) apply(ctx context.Context, plans []*plan) error {
	if err := errors.Join(e.consider(ctx, plans), e.note(ctx, plans)); err != nil {
		return err
	}
	if e.options.Kill.On() {
		return nil
	}
	plans = slices.Clone(plans) // settled anew at every try
	for i, p := range plans {
		p, err := e.settle(ctx, p)
		if err != nil {
			return err
		}
		plans[i] = p
	}
	plans, err := e.spend(ctx, plans)
	if err != nil {
		return err
	}
	var denials []Denial
	for _, p := range plans {
		denials = append(denials, p.denials...)
	}
	var denied []Denied
	if len(denials) > 0 {
		if denied, err = e.lists.Deny(ctx, denials); err != nil {
			return fmt.Errorf("deny %d targets: %w", len(denials), err)
		}
	}
	var sweeps []Sweep
	var findings []Finding
	for _, p := range plans {
		own := denied[:len(p.denials)]
		denied = denied[len(p.denials):]
		if s, ok, err := e.sweepFor(ctx, p, own); err != nil {
			return err
		} else if ok {
			sweeps = append(sweeps, s)
		}
		hits, err := e.unexcused(ctx, p, own)
		if err != nil {
			return err
		}
		if f, ok := p.finding(hits); ok {
			findings = append(findings, f)
		}
		for _, d := range own {
			if d.Changed {
				e.metrics.actions.WithLabelValues(string(ActionBlock)).Inc()
				e.metrics.lag.Observe(e.options.Now().Sub(p.verdict.Time).Seconds())
			}
		}
	}
	if len(sweeps) > 0 {
		if err := e.sweeps.Request(ctx, sweeps); err != nil {
			return fmt.Errorf("queue %d sweeps: %w", len(sweeps), err)
		}
	}
	if len(findings) > 0 {
		if err := e.cases.Record(ctx, findings); err != nil {
			return fmt.Errorf("record %d findings: %w", len(findings), err)
		}
	}
	return nil
}

// consider shows the decisions to the audit sample, also while nothing acts:
// judging hurts nobody.
func (e *Enforcer) consider(ctx context.Context, plans []*plan) error {
	if e.options.Sampler == nil {
		return nil
	}
	var decisions []Considered
	for _, p := range plans {
		if c, ok := p.considered(); ok {
			decisions = append(decisions, c)
		}
	}
	if len(decisions) == 0 {
		return nil
	}
	if err := e.options.Sampler.Consider(ctx, decisions); err != nil {
		return fmt.Errorf("draw from %d decisions: %w", len(decisions), err)
	}
	return nil
}

// spend notes whom the plans concern and returns them as the budget leaves
// them.
func (e *Enforcer) spend(ctx context.Context, plans []*plan) ([]*plan, error) {
	if e.options.Budget == nil {
		return plans, nil
	}
	var seen []Sighting
	for _, p := range plans {
		hits, err := e.unexcused(ctx, p, nil)
		if err != nil {
			return nil, err
		}
		if s, ok := p.sighting(hits); ok {
			seen = append(seen, s)
		}
	}
	if len(seen) > 0 {
		if err := e.options.Budget.Spend(ctx, seen); err != nil {
			return nil, fmt.Errorf("note %d sightings: %w", len(seen), err)
		}
	}
	milder := make([]*plan, len(plans))
	for i, p := range plans {
		milder[i] = p.curbed(e.options.Curb)
	}
	return milder, nil
}

// sweepFor decides whether what the account holds must be taken back: when
// this very event got it (or its device or session) listed, and when an order
// of an account that is listed already came through, because it was in flight
// when the block was decided.
func (e *Enforcer) sweepFor(ctx context.Context, p *plan, denied []Denied) (Sweep, bool, error) {
	if p.verdict.Subject.Account == "" {
		return Sweep{}, false, nil
	}
	for i, d := range denied {
		if d.Stands && d.EventID == p.verdict.EventID {
			return p.sweep(p.denials[i]), true, nil
		}
	}
	if !p.late {
		return Sweep{}, false, nil
	}
	standing, ok, err := e.lists.Standing(ctx, p.verdict.Site, proven(p.verdict.Subject), p.verdict.Time)
	if err != nil {
		return Sweep{}, false, fmt.Errorf("look for a block of %s: %w", p.verdict.EventID, err)
	}
	return p.sweep(standing), ok, nil
}

// unexcused leaves out the hits that an exception or a clearing takes away.
// For the in-line stage screening has done so already.
func (e *Enforcer) unexcused(ctx context.Context, p *plan, denied []Denied) ([]ingest.Hit, error) {
	standing := map[int]bool{}
	for i, d := range denied {
		standing[p.from[i]] = d.Stands
	}
	var hits []ingest.Hit
	for i, h := range p.hits {
		stands, asked := standing[i]
		if !asked && p.verdict.Stage == rules.StageAsync && targetOf(h).Valid() {
			excused, err := e.lists.Excused(ctx, p.verdict.Site, targetOf(h), h.Rule, p.verdict.Time)
			if err != nil {
				return nil, fmt.Errorf("look for exceptions of %s: %w", p.verdict.EventID, err)
			}
			stands, asked = !excused, true
		}
		if stands || !asked {
			hits = append(hits, h)
		}
	}
	return hits, nil
}
