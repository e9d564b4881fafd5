package scoring

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"fairgate/ingest"
	"fairgate/rules"
)

// ErrNotCounted says that a program counts no such feature.
var ErrNotCounted = errors.New("the program counts no such feature")

// Backfill puts events of the past into the series of some features, and into
// no other: what those features would have counted, had they been declared
// then. Live counting may go on meanwhile. Marks are neither read nor written;
// what was cleared stays hidden, because that is judged when a window is read.
// It is safe for concurrent use.
//
// Series of every shape but ShapeBuckets know each event by its id and time, so
// an event may be put in by a backfill, by live counting and by another
// backfill, in any order, and counts once. Those of ShapeBuckets forget ids
// after Horizon: into them only events may be put that live counting has not
// taken, and in the order of (time, id). There a backfill keeps a memory
// of its own for what it has put in: it can be broken off and begun again at
// any earlier event, and what it has taken already is left out.
type Backfill struct {
	counters Counters
	program  *rules.Program
	byKind   map[ingest.Kind][][]group
	other    [][]group
	buckets  bool
	scratch  sync.Pool // of *scratch
}

// NewBackfill prepares to put events into the series of the named features of
// p. Of a ratio those of its two parts are meant. The error is ErrNotCounted.
func NewBackfill(counters Counters, p *rules.Program, features ...string) (*Backfill, error) {
	wanted, err := partsNamed(p, features)
	if err != nil {
		return nil, err
	}
	all := seriesOf(p)
	b := &Backfill{counters: counters, program: p, byKind: map[ingest.Kind][][]group{}}
	b.scratch.New = func() any { return newScratch() }
	of := func(k ingest.Kind) [][]group {
		var stages [][]group
		for _, stage := range []rules.Stage{rules.StageInline, rules.StageOutcome, rules.StageAsync} {
			if groups := b.written(groupsOf(p, all, k, stage, nil), all, wanted); len(groups) > 0 {
				stages = append(stages, groups)
			}
		}
		return stages
	}
	b.other = of("")
	for _, k := range ingest.Kinds() {
		b.byKind[k] = of(k)
	}
	return b, nil
}

// partsNamed lists the slots of the named features, ratios taken apart.
func partsNamed(p *rules.Program, names []string) ([]int, error) {
	features := p.Features()
	var slots []int
	var add func(name string) error
	add = func(name string) error {
		i := slices.IndexFunc(features, func(f rules.Feature) bool { return f.Name == name })
		if i < 0 {
			return fmt.Errorf("%w: %q", ErrNotCounted, name)
		}
		if slices.Contains(slots, i) {
			return nil
		}
		slots = append(slots, i)
		if features[i].Aggregate != rules.AggRatio {
			return nil
		}
		return errors.Join(add(string(features[i].Of)), add(features[i].Over))
	}
	for _, name := range names {
		if err := add(name); err != nil {
			return nil, err
		}
	}
	return slots, nil
}

// written leaves of the groups what is written for the wanted features. The
// groups keep how long their entities are needed, by whatever reads them.
func (b *Backfill) written(groups []group, all []*shared, wanted []int) []group {
	var ids []string // with the entity, as a series of another one may have the same
	for _, s := range all {
		if slices.ContainsFunc(s.parts, func(t target) bool { return slices.Contains(wanted, t.feature) }) {
			ids = append(ids, string(s.entity)+" "+s.series.ID)
		}
	}
	var out []group
	for _, g := range groups {
		next := group{entity: g.entity, keep: g.keep}
		for _, u := range g.uses {
			if !u.write || !slices.Contains(ids, string(g.entity)+" "+u.series.ID) {
				continue
			}
			u.slots = nil
			if u.series.Shape == ShapeBuckets {
				u.series = u.series.apart()
				b.buckets = true
			}
			next.uses = append(next.uses, u)
		}
		if len(next.uses) > 0 {
			out = append(out, next)
		}
	}
	return out
}

// apart is the series with a memory of its own for what was put in.
func (s *Series) apart() *Series {
	own := *s
	own.Stage = rules.Stage("backfill-" + s.ID)
	return &own
}

// Buckets reports whether any of the series is of ShapeBuckets, so that order
// and beginning matter.
func (b *Backfill) Buckets() bool { return b.buckets }

// Takes reports whether an event of this kind can add to any of the series.
func (b *Backfill) Takes(k ingest.Kind) bool {
	if stages, ok := b.byKind[k]; ok {
		return len(stages) > 0
	}
	return len(b.other) > 0
}

// Put puts one event in. A repeat changes nothing. After an error it is to be
// put in again.
func (b *Backfill) Put(ctx context.Context, e *ingest.Event) error {
	stages, ok := b.byKind[e.Kind]
	if !ok {
		stages = b.other
	}
	for _, groups := range stages {
		if err := b.put(ctx, e, groups); err != nil {
			return fmt.Errorf("backfill event %s: %w", e.ID, err)
		}
	}
	return nil
}

func (b *Backfill) put(ctx context.Context, e *ingest.Event, groups []group) error {
	s, _ := b.scratch.Get().(*scratch)
	defer func() {
		s.reset()
		b.scratch.Put(s)
	}()
	s.build(e, groups)
	if len(s.touch.Entities) == 0 {
		return nil
	}
	return b.counters.Touch(ctx, &s.touch)
}
