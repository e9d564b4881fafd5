package backtest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/memory"
)

// counter counts the events for all versions of a run, of one part of the
// entities. It is used by one goroutine.
type counter struct {
	replay    *scoring.Replay
	counters  *memory.Store
	clearings *clearings
}

// countingParts is how many counters share the entities of a run. Counting
// costs more than all the rest, and most of that is waiting for memory.
const countingParts = 2

func newCounters(entities int, list []Clearing, programs ...*rules.Program) [countingParts]*counter {
	var out [countingParts]*counter
	for i := range out {
		c := &counter{clearings: newClearings(list)}
		o := memory.Options{MaxEntities: (entities + countingParts - 1) / countingParts, Alone: true}
		if len(list) > 0 {
			o.Marks = c.clearings
		}
		c.counters = memory.New(o)
		c.replay = scoring.NewReplay(c.counters, scoring.ReplayOptions{Marks: len(list) > 0, Part: i, Parts: countingParts}, programs...)
		out[i] = c
	}
	return out
}

// take counts a batch. values has as many for each event as the replay has;
// the first part makes room for them, where they do not suffice.
func (c *counter) take(ctx context.Context, events []ingest.Event, values []float64) ([]float64, error) {
	size := c.replay.Size()
	values = slices.Grow(values[:0], size*len(events))[:size*len(events)]
	for i := range events {
		e := &events[i]
		c.clearings.advance(e.Time, nil)
		if err := c.replay.Count(ctx, e, values[i*size:(i+1)*size]); err != nil {
			return values, err
		}
	}
	return values, nil
}

// replayer takes events through the rules of one version. It is used by one
// goroutine.
type replayer struct {
	program   *rules.Program
	judge     *scoring.Judge
	clearings *clearings // of its own: what lifts blocks
	standing  standing
}

func newReplayer(p *rules.Program, judge *scoring.Judge, list []Clearing) *replayer {
	return &replayer{
		program: p, judge: judge, clearings: newClearings(list), standing: standing{until: map[enforcement.Target]denial{}},
	}
}

// finding is an event for which some rule fired, or a block stood.
type finding struct {
	event  int // index in the batch
	action ingest.Action
	hits   []ingest.Hit
	values ingest.Snapshot // for as long as the batch is under way
}

// findings are those of one batch and version, with the memory of their hits.
type findings struct {
	list []finding
	hits []ingest.Hit
}

// reset lets go of the batch and keeps the room.
func (f *findings) reset() {
	clear(f.list)
	clear(f.hits)
	f.list, f.hits = f.list[:0], f.hits[:0]
}

// take does to every event of a batch what the gateway, the recorder and the
// pipeline do, one after the other, and lists what was found. values are those
// that were counted, size for each event.
func (r *replayer) take(events []ingest.Event, values []float64, size int, out *findings) error {
	for i := range events {
		e := &events[i]
		r.clearings.advance(e.Time, r.standing.lift)
		f, err := r.event(e, values[i*size:(i+1)*size], out)
		if err != nil {
			return err
		}
		if f.action != ingest.Allow || len(f.hits) > 0 {
			f.event = i
			out.list = append(out.list, f)
		}
	}
	return nil
}

func (r *replayer) event(e *ingest.Event, counted []float64, out *findings) (finding, error) {
	f := finding{action: ingest.Allow}
	values := r.judge.Values(e, counted)
	from := len(out.hits)
	var err error
	if out.hits, err = r.judge.Hits(e, values, out.hits); err != nil {
		return f, err
	}
	if hit, ok := r.standing.on(e); ok {
		out.hits = append(out.hits, hit)
	}
	if len(out.hits) == from {
		return f, nil
	}
	f.hits, f.values = out.hits[from:len(out.hits):len(out.hits)], ingest.Snapshot{Names: r.judge.Names(), Values: values}
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

// advance takes in what was cleared before now, and calls lift, if any, for each
// target.
func (c *clearings) advance(now time.Time, lift func(enforcement.Target)) {
	for len(c.coming) > 0 && c.coming[0].At.Before(now) {
		cleared := c.coming[0]
		c.coming = c.coming[1:]
		if lift != nil {
			lift(cleared.Target)
		}
		if cleared.Whole {
			c.marks[cleared.Target] = scoring.EncodeMark(cleared.At, nil)
		}
	}
}

// Mark implements memory.Marks.
func (c *clearings) Mark(entity rules.Entity, key string) []byte {
	return c.marks[enforcement.Target{Entity: entity, Key: key}]
}
