package scoring

import (
	"context"
	"fmt"
	"slices"

	"fairgate/ingest"
	"fairgate/rules"
)

// Async counts what the asynchronous stage keeps, evaluates its rules and
// returns its verdict. In-line features keep the values that screening saw
// (each feature has one writer); where the event was screened with another
// program, those whose definition has not changed since. Shadow rules are
// among the hits, marked, and never decide the action.
func (e *Engine) Async(ctx context.Context, ev *ingest.Event) (Verdict, error) {
	p := e.current.Load()
	if p == nil {
		return Verdict{}, ErrNoProgram
	}
	s := e.take()
	defer e.give(s)
	if ev.Decision.Degraded {
		if err := e.recount(ctx, p, ev); err != nil {
			return Verdict{}, err
		}
	}
	values := e.inlineValues(p, ev)
	s.build(ev, p.kind(ev.Kind).async)
	if len(s.touch.Entities) > 0 {
		if err := e.counters.Touch(ctx, &s.touch); err != nil {
			return Verdict{}, fmt.Errorf("count event %s: %w", ev.ID, err)
		}
		s.fill(values)
	}
	values = p.finish(values, true)
	// What screening found counts towards the bands of this stage, too.
	inline := scoreOf(ev.Decision.Hits)
	score := inline
	for _, which := range []rules.Which{rules.Acting, rules.Shadow} {
		s.ev.SetDegraded(s.touch.Degraded)
		s.ev.SetScore(score)
		var err error
		if s.matches, err = p.program.Evaluate(s.ev, ev, values, rules.StageAsync, which, s.matches); err != nil {
			return Verdict{}, fmt.Errorf("evaluate event %s: %w", ev.ID, err)
		}
		for i := range s.matches {
			score += s.matches[i].Rule.Score
		}
	}
	v := verdictOf(ev, rules.StageAsync, hitsOf(nil, s.matches))
	v.Score, v.InlineScore = scoreOf(v.Hits), inline
	v.Ruleset = p.program.Version()
	v.Snapshot = ingest.Snapshot{Names: p.program.Names(), Values: values}
	e.metrics.hits(rules.StageAsync, v.Hits)
	return v, nil
}

// recount puts an event that a gateway counted for itself alone, while the
// shared counters were away, into the shared ones, where it would be missing
// for as long as the longest window: a person who looked during the outage
// must not book "without looking" after it. The event id makes a repeat
// harmless, also of what the shared counters took before they failed. What is
// read on the way is not used: the decision was taken long ago.
func (e *Engine) recount(ctx context.Context, p *plan, ev *ingest.Event) error {
	kind := p.kind(ev.Kind)
	for _, groups := range [][]group{kind.inline, kind.outcome} {
		if err := e.count(ctx, ev, groups); err != nil {
			return fmt.Errorf("count event %s of an outage: %w", ev.ID, err)
		}
	}
	e.metrics.recounted.Inc()
	return nil
}

// count touches the groups and lets go of what it reads.
func (e *Engine) count(ctx context.Context, ev *ingest.Event, groups []group) error {
	s := e.take()
	defer e.give(s)
	s.build(ev, groups)
	if len(s.touch.Entities) == 0 {
		return nil
	}
	return e.counters.Touch(ctx, &s.touch)
}

// inlineValues is the event's snapshot as a vector of p, of p.size.
func (e *Engine) inlineValues(p *plan, ev *ingest.Event) []float64 {
	features, snapshot := p.program.Features(), ev.Decision.Snapshot
	values := noValues(p.size)
	if snapshot.IsZero() {
		return values
	}
	old := e.planOf(ev.Decision.Ruleset)
	if old == nil || len(snapshot.Values) != len(old.program.Features()) {
		e.metrics.foreign.Inc()
		return values
	}
	was := old.program.Features()
	for i := range features {
		if features[i].Stage != rules.StageInline {
			continue
		}
		j := i
		if old != p {
			j = slices.IndexFunc(was, func(f rules.Feature) bool { return f.Name == features[i].Name })
		}
		if j >= 0 && sameFeature(&features[i], &was[j]) {
			values[i] = snapshot.Values[j]
		}
	}
	return values
}

func sameFeature(a, b *rules.Feature) bool {
	return a == b || (Definition(*a) == Definition(*b) && a.Window == b.Window && a.Aggregate == b.Aggregate)
}

// Shadow evaluates the in-line shadow rules of the program that screened the
// event, from the snapshot that the event carries: it reads no counter, off
// the visitor's path. Every hit is marked as shadow. Where the program is not
// known any more, or the event was not screened, there are none.
func (e *Engine) Shadow(ev *ingest.Event) []ingest.Hit {
	p := e.planOf(ev.Decision.Ruleset)
	// A program without features leaves no snapshot, and needs none.
	if p == nil || (ev.Decision.Snapshot.IsZero() && len(p.program.Features()) > 0) {
		return nil
	}
	s := e.take()
	defer e.give(s)
	var err error
	s.ev.SetScore(scoreOf(ev.Decision.Hits))
	s.matches, err = p.program.Evaluate(
		s.ev, ev, ev.Decision.Snapshot.Values, rules.StageInline, rules.Shadow, s.matches)
	if err != nil { // a snapshot of another length was not made by this program
		e.metrics.foreign.Inc()
		return nil
	}
	hits := hitsOf(nil, s.matches)
	e.metrics.hits(rules.StageInline, hits)
	return hits
}

// InlineVerdict is the record of what screening found and the edge did, with
// the hits of the shadow rules added.
func (e *Engine) InlineVerdict(ev *ingest.Event) Verdict {
	d := &ev.Decision
	v := verdictOf(ev, rules.StageInline, append(slices.Clip(d.Hits), e.Shadow(ev)...))
	v.Score, v.Ruleset, v.Snapshot = d.Score, d.Ruleset, d.Snapshot
	v.Decision, v.Receipt = d.Action, d.Receipt
	return v
}

func verdictOf(ev *ingest.Event, stage rules.Stage, hits []ingest.Hit) Verdict {
	v := Verdict{
		EventID: ev.ID, Stage: stage, Time: ev.Time, Site: ev.Site, Kind: ev.Kind,
		Subject: ev.Subject, Order: ev.Order,
		// Only an observed decision says what would have been done.
		Observe: ev.Decision.Observed != "",
		Action:  ingest.Allow, Hits: hits,
	}
	for i := range hits {
		if !hits[i].Shadow && hits[i].Action.Severity() > v.Action.Severity() {
			v.Action = hits[i].Action
		}
	}
	return v
}
