package enforcement

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
)

// Engine is scoring as the Screener needs it; *scoring.Engine is one.
type Engine interface {
	// Inline counts e, evaluates the in-line rules, reads the marks of e's
	// entities and burns the pass id, in one round trip. It fills r and reuses
	// the memory of r.Marks only.
	Inline(ctx context.Context, e *ingest.Event, burn string, r *scoring.Result) error
	// Outcome counts what only the response tells.
	Outcome(ctx context.Context, e *ingest.Event) error
}

// Passes verifies challenge passes without a round trip; *challenge.Service is
// one.
type Passes interface {
	// Verify reports whether the pass is authentic, unexpired and made for e.
	// burn is its single-use id, which screening burns; met says how the
	// challenge was met.
	Verify(pass string, e *ingest.Event) (burn string, met ingest.Pass, ok bool)
}

// Tickets says what a challenge is to ask for; *challenge.Service is one.
type Tickets interface {
	// Ticket seals for whom and for what a challenge is, and how much the
	// decision d about e wants of it. It makes no round trip.
	Ticket(e *ingest.Event, d ingest.Decision) string
}

// Snapshot is the copy of the lists that stays usable when the shared store is
// away; *lists.Snapshot is one.
type Snapshot interface {
	// Mark returns the stored form of a target's mark (Mark.Encode), nil where
	// there is none.
	Mark(entity rules.Entity, key string) []byte
}

// ScreenerOptions are what a Screener can do without.
type ScreenerOptions struct {
	Snapshot Snapshot              // nil: no lists while the store is away
	Tickets  Tickets               // nil: challenges carry no ticket
	Receipts *Receipts             // nil: receipts that nobody can appeal with
	Kill     *Switch               // nil: there is no kill switch
	Curb     *Curb                 // nil: no rule is ever turned down
	Logger   *slog.Logger          // nil: silent
	Registry prometheus.Registerer // nil: not measured
}

// Screener turns what scoring found into what the edge must do, on the
// visitor's path. It implements ingest.Screener and is safe for concurrent
// use.
type Screener struct {
	engine   Engine
	passes   Passes
	snapshot Snapshot
	tickets  Tickets
	receipts *Receipts
	kill     *Switch
	curb     *Curb
	logger   *slog.Logger
	metrics  *screenerMetrics
	results  sync.Pool
}

var _ ingest.Screener = (*Screener)(nil)

// NewScreener puts a Screener together. Without passes (nil) no challenge can
// be met.
func NewScreener(engine Engine, passes Passes, o ScreenerOptions) *Screener {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Screener{
		engine: engine, passes: passes, snapshot: o.Snapshot, tickets: o.Tickets, receipts: o.Receipts, kill: o.Kill, curb: o.Curb, logger: o.Logger,
		metrics: newScreenerMetrics(o.Registry),
		results: sync.Pool{New: func() any { return new(scoring.Result) }},
	}
}

// Screen counts e and decides about it. It never fails: without an engine it
// answers as the fail mode says.
func (s *Screener) Screen(ctx context.Context, e *ingest.Event, policy ingest.Policy) ingest.Decision {
	var burn string
	var authentic bool
	if policy.Pass != "" && s.passes != nil {
		burn, e.Pass, authentic = s.passes.Verify(policy.Pass, e)
		if !authentic {
			burn = ""
		}
	}
	result, _ := s.results.Get().(*scoring.Result)
	defer s.results.Put(result)
	err := s.engine.Inline(ctx, e, burn, result)
	if err != nil {
		s.logger.LogAttrs(ctx, slog.LevelWarn, "screening failed", slog.String("event_id", e.ID),
			slog.String("fail_mode", string(policy.FailMode)), slog.Any("error", err))
		*result = scoring.Result{Degraded: true}
	}
	d := ingest.Decision{
		Action: ingest.Allow, Ruleset: result.Ruleset, Score: result.Score,
		Snapshot: result.Snapshot, Degraded: result.Degraded,
	}
	switch {
	case result.Degraded && policy.FailMode == ingest.FailOpen:
		d.Hits = shadowed(result.Hits)
	case result.Degraded && policy.FailMode == ingest.FailClosed:
		d.Hits = shadowed(result.Hits)
		d.Action, d.Reason = ingest.Block, ingest.ReasonService
	default:
		r := decide(facts{
			event: e, hits: result.Hits, marks: s.marks(ctx, e, result),
			pass: authentic && result.Burnt, curb: s.curb,
		})
		d.Action, d.Reason, d.Hits, d.Passed = r.action, r.reason, r.hits, r.passed
	}
	if policy.Observe || s.kill.Observes(e.Route) {
		d.Observed, d.Action, d.Reason = d.Action, ingest.Allow, ingest.ReasonNone
	}
	if d.Action == ingest.Challenge || d.Action == ingest.Block {
		d.Receipt = ReceiptFor(s.receipts, e.ID, e.Time, e.Subject)
	}
	if d.Action == ingest.Challenge && s.tickets != nil {
		d.Ticket = s.tickets.Ticket(e, d)
	}
	s.metrics.decided(d)
	return d
}

// Observe counts what only the response tells.
func (s *Screener) Observe(ctx context.Context, e *ingest.Event) error {
	if err := s.engine.Outcome(ctx, e); err != nil {
		return fmt.Errorf("count the outcome of event %s: %w", e.ID, err)
	}
	return nil
}

// marks decodes what the engine read, and adds what the snapshot knows where the
// fleet's own was not to be had and nobody has asked the snapshot yet.
func (s *Screener) marks(ctx context.Context, e *ingest.Event, result *scoring.Result) map[Target]Mark {
	var marks map[Target]Mark
	add := func(t Target, mark Mark, err error) {
		if err != nil {
			s.metrics.badMarks.Inc()
			s.logger.LogAttrs(ctx, slog.LevelError, "mark not readable",
				slog.String("entity", string(t.Entity)), slog.Any("error", err))
			return
		}
		if marks == nil {
			marks = make(map[Target]Mark, 2)
		}
		marks[t] = mark
	}
	for _, m := range result.Marks {
		mark, err := markOf(m.Since, m.Data)
		add(Target{Entity: m.Entity, Key: m.Key}, mark, err)
	}
	if result.Degraded && !result.MarksRead && s.snapshot != nil {
		for _, t := range Targets(e.Subject, e.Client) {
			if _, known := marks[t]; !known {
				if value := s.snapshot.Mark(t.Entity, t.Key); value != nil {
					mark, err := DecodeMark(value)
					add(t, mark, err)
				}
			}
		}
	}
	return marks
}

// shadowed copies hits as ones that did not act.
func shadowed(hits []ingest.Hit) []ingest.Hit {
	copied := make([]ingest.Hit, len(hits))
	for i, h := range hits {
		h.Shadow = true
		copied[i] = h
	}
	return copied
}
