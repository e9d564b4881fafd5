package backtest

import (
	"context"
	"fmt"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/memory"
)

// replayer takes events through one version, with counters of its own. It is
// used by one goroutine.
type replayer struct {
	program   *rules.Program
	engine    *scoring.Engine
	counters  *memory.Store
	clearings *clearings
	standing  standing
	result    scoring.Result
}

func newReplayer(p *rules.Program, entities int, list []Clearing) *replayer {
	r := &replayer{program: p, clearings: newClearings(list), standing: standing{until: map[enforcement.Target]denial{}}}
	o := memory.Options{MaxEntities: entities}
	if len(list) > 0 {
		o.Marks = r.clearings
	}
	r.counters = memory.New(o)
	r.engine = scoring.New(r.counters, scoring.Options{})
	r.engine.Swap(p)
	return r
}

// finding is an event for which some rule fired, or a block stood.
type finding struct {
	event  int // index in the batch
	action ingest.Action
	hits   []ingest.Hit
	values ingest.Snapshot
}

// take does to every event of a batch what the gateway, the recorder and the
// pipeline do, one after the other, and lists what was found.
func (r *replayer) take(ctx context.Context, events []ingest.Event, out []finding) ([]finding, error) {
	var e ingest.Event
	for i := range events {
		e = events[i] // each version has its own decision
		r.clearings.advance(e.Time, r.standing.lift)
		f, err := r.event(ctx, &e)
		if err != nil {
			return out, err
		}
		if f.action != ingest.Allow || len(f.hits) > 0 {
			f.event = i
			out = append(out, f)
		}
	}
	return out, nil
}

func (r *replayer) event(ctx context.Context, e *ingest.Event) (finding, error) {
	f := finding{action: ingest.Allow}
	hits, snapshot, err := score(ctx, r.engine, e, &r.result)
	if err != nil {
		return f, err
	}
	f.hits, f.values = hits, snapshot
	if hit, ok := r.standing.on(e); ok {
		f.hits = append(f.hits, hit)
	}
	for i := range f.hits {
		h := &f.hits[i]
		if h.Shadow {
			continue
		}
		if h.Action == ingest.Block && !enforcement.Blockable(rules.Entity(h.Entity)) {
			h.Action = ingest.Challenge
		}
		if h.Action.Severity() > f.action.Severity() {
			f.action = h.Action
		}
		if h.Action == ingest.Block && h.TTL > 0 {
			r.standing.deny(e, h)
		}
	}
	return f, nil
}

// score does to one event what the gateway, the recorder and the pipeline do,
// one after the other, and returns every hit with the values the rules saw.
func score(ctx context.Context, engine *scoring.Engine, e *ingest.Event, result *scoring.Result) ([]ingest.Hit, ingest.Snapshot, error) {
	if err := engine.Inline(ctx, e, "", result); err != nil {
		return nil, ingest.Snapshot{}, fmt.Errorf("score event %s: %w", e.ID, err)
	}
	e.Decision.Hits, e.Decision.Snapshot, e.Decision.Ruleset = result.Hits, result.Snapshot, result.Ruleset
	if err := engine.Outcome(ctx, e); err != nil {
		return nil, ingest.Snapshot{}, fmt.Errorf("score event %s: %w", e.ID, err)
	}
	inline := engine.InlineVerdict(e)
	async, err := engine.Async(ctx, e)
	if err != nil {
		return nil, ingest.Snapshot{}, fmt.Errorf("score event %s: %w", e.ID, err)
	}
	return append(inline.Hits, async.Hits...), async.Snapshot, nil
}

// standing are the blocks that outlast the event that caused them: as
// enforcement does, on those targets that the event itself proved.
type standing struct {
	until map[enforcement.Target]denial
	sweep time.Time
}

type denial struct {
	until time.Time
	rule  string
}

// StandingRule is the prefix of the rule's id in a hit that is a block which
// that rule caused earlier.
const StandingRule = "standing:"

func (s *standing) deny(e *ingest.Event, h *ingest.Hit) {
	t := enforcement.Target{Entity: rules.Entity(h.Entity), Key: h.Key}
	if h.Key == "" || h.Key != rules.Key(t.Entity, e) || !enforcement.Blockable(t.Entity) {
		return
	}
	until := e.Time.Add(time.Duration(h.TTL) * time.Second)
	known, ok := s.until[t]
	if !ok {
		t.Key = clone(t.Key)
	}
	if until.After(known.until) {
		s.until[t] = denial{until: until, rule: h.Rule}
	}
	if e.Time.Before(s.sweep) {
		return
	}
	s.sweep = e.Time.Add(time.Minute)
	for t, d := range s.until {
		if !d.until.After(e.Time) {
			delete(s.until, t)
		}
	}
}

// on is the block that stands against an event's author.
func (s *standing) on(e *ingest.Event) (ingest.Hit, bool) {
	if len(s.until) == 0 {
		return ingest.Hit{}, false
	}
	for _, t := range [...]enforcement.Target{
		{Entity: rules.EntityAccount, Key: e.Subject.Account},
		{Entity: rules.EntityDevice, Key: e.Subject.Device},
		{Entity: rules.EntitySession, Key: e.Subject.Session},
	} {
		if t.Key == "" {
			continue
		}
		if d, ok := s.until[t]; ok && d.until.After(e.Time) {
			return ingest.Hit{Rule: StandingRule + d.rule, Action: ingest.Block, Entity: string(t.Entity), Key: t.Key}, true
		}
	}
	return ingest.Hit{}, false
}

func (s *standing) lift(t enforcement.Target) { delete(s.until, t) }

// clearings are the marks that people's clearings left, as they stood at the
// event under way. It implements memory.Marks for the one goroutine that
// advances it.
type clearings struct {
	coming []Clearing
	marks  map[enforcement.Target][]byte
}

func newClearings(list []Clearing) *clearings {
	return &clearings{coming: list, marks: map[enforcement.Target][]byte{}}
}

// advance takes in what was cleared before now, and calls lift for each target.
func (c *clearings) advance(now time.Time, lift func(enforcement.Target)) {
	for len(c.coming) > 0 && c.coming[0].At.Before(now) {
		cleared := c.coming[0]
		c.coming = c.coming[1:]
		lift(cleared.Target)
		if cleared.Whole {
			c.marks[cleared.Target] = scoring.EncodeMark(cleared.At, nil)
		}
	}
}

// Mark implements memory.Marks.
func (c *clearings) Mark(entity rules.Entity, key string) []byte {
	return c.marks[enforcement.Target{Entity: entity, Key: key}]
}
