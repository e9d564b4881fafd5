package sqlstore

import (
	"context"
	"errors"
	"fmt"

	"fairgate/ticketing"
)

// errStale says that places were given out which the database did not have:
// what was taken for known was not true.
var errStale = errors.New("places do not stand in the database as they were read")

// take is places taken by one job.
type take struct {
	at     ticketing.Place
	n      int
	staged []openPart // how many of each stage
}

// pending is what a group's jobs have changed and not yet written.
type pending struct {
	takes                               []take
	orders, leaders, positions, answers []any // values, row after row
	events                              []ticketing.Event
}

// marks are how much was pending at a moment.
type marks struct{ takes, orders, leaders, positions, answers, events int }

// written reports whether nothing but events, which wait for the commit, is
// pending.
func (m marks) written() bool {
	m.events = 0
	return m == marks{}
}

func (p *pending) marks() marks {
	return marks{len(p.takes), len(p.orders), len(p.leaders), len(p.positions), len(p.answers), len(p.events)}
}

// cut forgets what came after a moment.
func (p *pending) cut(to marks) {
	p.takes, p.orders, p.leaders = p.takes[:to.takes], p.orders[:to.orders], p.leaders[:to.leaders]
	p.positions, p.answers, p.events = p.positions[:to.positions], p.answers[:to.answers], p.events[:to.events]
}

// flush writes what was pending at a moment, except for events. An error means
// that the transaction is lost.
func (t *tx) flush(ctx context.Context, upTo marks) error {
	if upTo.written() {
		return nil
	}
	t.changed = true
	p := &t.pending
	if err := t.flushTakes(ctx, p.takes[:upTo.takes]); err != nil {
		return t.lost(err)
	}
	for _, part := range []struct {
		in   *insert
		args []any
	}{
		{t.texts.orders, p.orders[:upTo.orders]},
		{t.texts.leaders, p.leaders[:upTo.leaders]},
		{t.texts.positions, p.positions[:upTo.positions]},
		{t.texts.answers, p.answers[:upTo.answers]},
	} {
		if err := part.in.write(ctx, t.raw, part.args); err != nil {
			return t.lost(err)
		}
	}
	p.takes, p.orders, p.leaders = p.takes[upTo.takes:], p.orders[upTo.orders:], p.leaders[upTo.leaders:]
	p.positions, p.answers = p.positions[upTo.positions:], p.answers[upTo.answers:]
	return nil
}

// flushTakes takes from the database what jobs took from what was known. SQL
// judges again: places never fall below zero.
func (t *tx) flushTakes(ctx context.Context, takes []take) error {
	type sum struct{ places, times int }
	type stageOf struct {
		at    ticketing.Place
		stage int
	}
	days, slots, stages := tally[dayKey, sum]{}, tally[ticketing.Place, sum]{}, tally[stageOf, int]{}
	for _, k := range takes {
		day := days.of(dayKey{k.at.Pool, k.at.Date})
		day.places, day.times = day.places+k.n, day.times+1
		if k.at.Slot != "" {
			slot := slots.of(k.at)
			slot.places, slot.times = slot.places+k.n, slot.times+1
		}
		for _, s := range k.staged {
			*stages.of(stageOf{k.at, s.stage}) += s.left
		}
	}
	var ofDays, ofSlots, ofStages []any
	for _, k := range days.keys {
		s := days.of(k)
		ofDays = append(ofDays, k.pool, k.day, s.places, s.times)
	}
	for _, at := range slots.keys {
		s := slots.of(at)
		ofSlots = append(ofSlots, at.Pool, at.Date, at.Slot, s.places, s.times)
	}
	for _, k := range stages.keys {
		ofStages = append(ofStages, k.at.Pool, k.at.Date, k.at.Slot, k.stage, *stages.of(k))
	}
	if err := t.takeAll(ctx, t.texts.takeOfSlots, ofSlots); err != nil {
		return err
	}
	if err := t.takeAll(ctx, t.texts.takeOfDays, ofDays); err != nil {
		return err
	}
	return t.takeAll(ctx, t.texts.takeOfStages, ofStages)
}

// takeAll runs a statement that must touch a row for each key.
func (t *tx) takeAll(ctx context.Context, l *lookup, args []any) error {
	n, err := l.exec(ctx, t.raw, args)
	if err == nil && n != int64(len(args)/l.columns) {
		return fmt.Errorf("%s: %w", l.doing, errStale)
	}
	return err
}

// tally sums by key and keeps the order in which keys came.
type tally[K comparable, V any] struct {
	keys []K
	sums map[K]*V
}

func (t *tally[K, V]) of(key K) *V {
	if t.sums == nil {
		t.sums = map[K]*V{}
	}
	if t.sums[key] == nil {
		t.sums[key] = new(V)
		t.keys = append(t.keys, key)
	}
	return t.sums[key]
}
