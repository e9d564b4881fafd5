package scoring

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"fairgate/ingest"
	"fairgate/rules"
)

// Replay takes events of the past through one or several programs at the same
// time and gives the hits that the Engine would give, for less: each event's
// counters are touched once for all stages and programs, features that the
// programs define alike are counted once, and nothing is made for an event that
// no rule fires for. What an Engine does for live traffic alone (single-use
// tokens, estimates of an outage, swapping) it does not do.
//
// That a series is shared changes no count: each program has the bound of its
// own thresholds, and only those with the same bound share. (Where a program
// looks further back than another, more members than the bound asks for may be
// remembered, and since_first of somebody beyond the bound may look further
// back, too, as it may in any store.)
//
// Count is for one goroutine at a time, in the order of the events; each Judge
// is for one, and works on what Count has filled.
type Replay struct {
	counters Counters
	plans    []*plan
	offsets  []int // of each plan's values
	size     int
	room     int // of the values of one event: size, or twice that
	byKind   map[ingest.Kind]*stages
	other    *stages
	scratch  *scratch
}

// stages is what events of one kind touch.
type stages struct {
	// early is what in-line rules read of counters that a later stage adds this
	// event to: read before all counts it.
	early []group
	// slots are the places in the values that early fills; each value stands as
	// much further back as there are values in all.
	slots []int
	all   []group
}

// ReplayOptions are optional; the zero value is usable.
type ReplayOptions struct {
	// Marks asks the counters for marks: what people cleared is not to count.
	Marks bool
	// Part is which part of the entities are counted, from 0, where Parts of them
	// are counted by as many replays of the same programs and events, each with
	// counters of its own; every entity is one part's. Parts 0 is all of them.
	Part, Parts int
}

// NewReplay works out what the programs need of the counters, which must hold
// nothing of theirs yet.
func NewReplay(counters Counters, o ReplayOptions, programs ...*rules.Program) *Replay {
	r := &Replay{counters: counters, byKind: map[ingest.Kind]*stages{}, scratch: newScratch()}
	r.scratch.portion = portion{o.Part, o.Parts}
	for _, p := range programs {
		one := newPlan(p)
		r.plans, r.offsets = append(r.plans, one), append(r.offsets, r.size)
		r.size += one.size
	}
	m := merger{known: map[seriesKey]named{}}
	for _, p := range programs {
		for _, s := range seriesOf(p) {
			key := seriesKey{s.entity, s.series.ID, s.series.Limit}
			one, ok := m.known[key]
			if !ok {
				one.name = strconv.Itoa(len(m.known)) // short: stores compare names all the time
			}
			one.keep = max(one.keep, s.series.Keep)
			m.known[key] = one
		}
	}
	for _, k := range ingest.Kinds() {
		r.byKind[k] = m.stages(r, o, k)
	}
	r.other = m.stages(r, o, "")
	r.room = r.size
	for _, s := range r.byKind {
		if len(s.slots) > 0 {
			r.room = 2 * r.size
		}
	}
	return r
}

// Size is the number of values that Count fills for one event.
func (r *Replay) Size() int { return r.room }

func (r *Replay) kind(k ingest.Kind) *stages {
	if known, ok := r.byKind[k]; ok {
		return known
	}
	return r.other
}

// Count counts the event, at every stage, and fills values, Size long, with
// what the programs' features come to. Parts take turns at the same values, the
// first of them first: it begins them anew.
func (r *Replay) Count(ctx context.Context, e *ingest.Event, values []float64) error {
	kind := r.kind(e.Kind)
	if r.scratch.portion.index == 0 {
		for i := range values[:r.size] {
			values[i] = rules.NoValue
		}
		for _, i := range kind.slots {
			values[r.size+i] = rules.NoValue
		}
	}
	if err := r.touch(ctx, e, kind.early, values); err != nil {
		return err
	}
	return r.touch(ctx, e, kind.all, values)
}

func (r *Replay) touch(ctx context.Context, e *ingest.Event, groups []group, values []float64) error {
	if len(groups) == 0 {
		return nil
	}
	s := r.scratch
	defer s.reset()
	if s.build(e, groups); len(s.touch.Entities) == 0 {
		return nil
	}
	if err := r.counters.Touch(ctx, &s.touch); err != nil {
		return fmt.Errorf("count event %s: %w", e.ID, err)
	}
	s.fill(values)
	return nil
}

// portion is which of several parts of all keys is meant; of 0 parts, all.
type portion struct{ index, of int }

// has spreads keys by FNV-1a (32 bits), which says nothing of where stores keep
// them.
func (p portion) has(key string) bool {
	if p.of <= 1 {
		return true
	}
	hash := uint32(2166136261)
	for i := range len(key) {
		hash = (hash ^ uint32(key[i])) * 16777619
	}
	return int(hash>>8)%p.of == p.index
}

// seriesKey is what makes uses of different programs and stages the same series.
type seriesKey struct {
	entity rules.Entity
	id     string
	limit  int
}

// named is what a series is called in a replay, and the longest time for which
// any program keeps it.
type named struct {
	name string
	keep time.Duration
}

// merger makes one list of groups of those of all stages and programs.
type merger struct {
	known map[seriesKey]named
}

func (m *merger) stages(r *Replay, o ReplayOptions, k ingest.Kind) *stages {
	out := &stages{all: m.groups(r, o, k)}
	var pairs []group
	for i, p := range r.plans {
		kind := p.kind(k)
		follows := slices.ContainsFunc(kind.inline, func(g group) bool {
			_, _, pair := g.entity.Parts()
			return pair && len(kind.early(g)) > 0
		})
		for _, g := range kind.inline {
			g.uses = kind.early(g)
			if marks := follows && g.mark && o.Marks; len(g.uses) == 0 && !marks {
				continue
			}
			for _, u := range g.uses {
				for _, s := range u.slots {
					out.slots = append(out.slots, r.offsets[i]+s.value)
				}
			}
			list := &out.early
			if _, _, pair := g.entity.Parts(); pair {
				list = &pairs
			}
			m.add(list, g, r.size+r.offsets[i], o)
		}
	}
	out.early = append(out.early, pairs...)
	return out
}

// early are the group's uses that only read what a later stage counts.
func (k *kindPlan) early(g group) []use {
	return slices.DeleteFunc(slices.Clone(g.uses), func(u use) bool {
		return u.write || len(u.slots) == 0 || !k.countsLater(u.series.ID)
	})
}

// countsLater reports whether a stage after screening adds the event to the series.
func (k *kindPlan) countsLater(series string) bool {
	for _, g := range slices.Concat(k.outcome, k.async) {
		if slices.ContainsFunc(g.uses, func(u use) bool { return u.write && u.series.ID == series }) {
			return true
		}
	}
	return false
}

func (m *merger) groups(r *Replay, o ReplayOptions, k ingest.Kind) []group {
	var merged, pairs []group
	for i, p := range r.plans {
		kind := p.kind(k)
		for _, g := range slices.Concat(kind.inline, kind.outcome, kind.async) {
			if !o.Marks && len(g.uses) == 0 {
				continue
			}
			list := &merged
			if _, _, pair := g.entity.Parts(); pair {
				list = &pairs // after everything that they are made of
			}
			m.add(list, g, r.offsets[i], o)
		}
	}
	return append(merged, pairs...)
}

// add puts g into the list, its values moved by offset.
func (m *merger) add(list *[]group, g group, offset int, o ReplayOptions) {
	at := slices.IndexFunc(*list, func(known group) bool { return known.entity == g.entity })
	if at < 0 {
		at = len(*list)
		*list = append(*list, group{entity: g.entity})
	}
	into := &(*list)[at]
	into.mark, into.reads, into.keep = into.mark || g.mark && o.Marks, into.reads || g.reads, max(into.keep, g.keep)
	for _, u := range g.uses {
		slots := make([]slot, len(u.slots))
		for i, s := range u.slots {
			slots[i] = slot{read: s.read, value: offset + s.value}
		}
		u.slots, u.series = slots, m.own(g.entity, u.series)
		m.use(into, u)
	}
}

// own is the series as the replay has it.
func (m *merger) own(entity rules.Entity, s *Series) *Series {
	known := m.known[seriesKey{entity, s.ID, s.Limit}]
	out := *s
	out.ID, out.Keep, out.Reads = known.name, known.keep, slices.Clone(s.Reads)
	return &out
}

// use adds u to what is touched of the entity: to the use of the same series,
// where there is one.
func (m *merger) use(into *group, u use) {
	for i := range into.uses {
		known := &into.uses[i]
		if known.series.ID != u.series.ID {
			continue
		}
		if u.write && !known.write {
			known.write, known.filter, known.program = true, u.filter, u.program
		}
		for _, s := range u.slots {
			read := u.series.Reads[s.read]
			at := slices.Index(known.series.Reads, read)
			if at < 0 {
				at = len(known.series.Reads)
				known.series.Reads = append(known.series.Reads, read)
			}
			known.slots = append(known.slots, slot{read: at, value: s.value})
		}
		return
	}
	into.uses = append(into.uses, u)
}
