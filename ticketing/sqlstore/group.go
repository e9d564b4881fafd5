package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"fairgate/ticketing"
)

// Pool is read once for many groups.
func (t *tx) Pool(ctx context.Context, id string) (ticketing.Pool, error) {
	if t.careful {
		return t.reader.Pool(ctx, id)
	}
	if p, known := t.stock.pools[id]; known {
		return p, nil
	}
	p, err := reader{q: t.raw}.Pool(ctx, id)
	if err == nil {
		t.stock.pools[id] = p
	}
	return p, t.read(err)
}

// read passes an error of a reading past the gate on; all but ErrNotFound mean
// that the transaction is lost.
func (t *tx) read(err error) error {
	if err == nil || errors.Is(err, ticketing.ErrNotFound) {
		return err
	}
	return t.lost(err)
}

func (t *tx) knownDay(ctx context.Context, key dayKey) (*dayRow, error) {
	if d, known := t.stock.days[key]; known {
		return d, nil
	}
	d, err := reader{q: t.raw}.day(ctx, key.pool, key.day)
	if err != nil {
		return nil, t.read(err)
	}
	t.stock.days[key] = &d
	return &d, nil
}

func (t *tx) knownSlot(ctx context.Context, at ticketing.Place) (*slotRow, error) {
	if s, known := t.stock.slots[at]; known {
		return s, nil
	}
	s, err := reader{q: t.raw}.slot(ctx, at)
	if err != nil {
		return nil, t.read(err)
	}
	t.stock.slots[at] = &s
	return &s, nil
}

// DayOpening implements ticketing.ActivityReader.
func (t *tx) DayOpening(ctx context.Context, pool string, day ticketing.Date) (time.Time, error) {
	if t.careful {
		return t.reader.DayOpening(ctx, pool, day)
	}
	d, err := t.knownDay(ctx, dayKey{pool, day})
	if err != nil {
		return time.Time{}, err
	}
	return moment(d.opens), nil
}

// SlotEnd implements ticketing.PoolReader.
func (t *tx) SlotEnd(ctx context.Context, at ticketing.Place) (ticketing.Clock, error) {
	if t.careful {
		return t.reader.SlotEnd(ctx, at)
	}
	s, err := t.knownSlot(ctx, at)
	if err != nil {
		return "", err
	}
	return s.ends, nil
}

// Channel is read once for many groups.
func (t *tx) Channel(ctx context.Context, id string) (ticketing.Channel, error) {
	if t.careful {
		return t.reader.Channel(ctx, id)
	}
	if c, known := t.stock.channels[id]; known {
		return c, nil
	}
	c, err := reader{q: t.raw}.Channel(ctx, id)
	if err == nil {
		t.stock.channels[id] = c
	}
	return c, t.read(err)
}

// Allotment is read once for many groups, and so is that there is none.
func (t *tx) Allotment(ctx context.Context, channel string, at ticketing.Place) (ticketing.Allotment, error) {
	if t.careful {
		return t.reader.Allotment(ctx, channel, at)
	}
	key := allotmentKey{channel, at}
	a, known := t.stock.allotments[key]
	if !known {
		read, err := reader{q: t.raw}.Allotment(ctx, channel, at)
		if t.read(err) != nil && !errors.Is(err, ticketing.ErrNotFound) {
			return ticketing.Allotment{}, err
		}
		if err == nil {
			a = &read
		}
		t.stock.allotments[key] = a
	}
	if a == nil {
		return ticketing.Allotment{}, ticketing.ErrNotFound
	}
	return *a, nil
}

// TakePlaces takes from what is known; SQL judges again when the group is
// written. What was known and is not true fails the group, whose jobs are then
// run one by one.
func (t *tx) TakePlaces(ctx context.Context, at ticketing.Place, n int) ([]int, error) {
	if t.careful {
		return t.takeNow(ctx, at, n)
	}
	day, err := t.knownDay(ctx, dayKey{at.Pool, at.Date})
	if errors.Is(err, ticketing.ErrNotFound) {
		return nil, ticketing.ErrDateUnavailable
	}
	if err != nil {
		return nil, err
	}
	slot := &slotRow{remaining: n} // of a day without slots
	if at.Slot != "" {
		slot, err = t.knownSlot(ctx, at)
		if errors.Is(err, ticketing.ErrNotFound) {
			return nil, ticketing.ErrSlotUnavailable
		}
		if err != nil {
			return nil, err
		}
	} else if day.slots > 0 {
		return nil, ticketing.ErrSlotNeeded
	}
	if slot.remaining-slot.withheld < n || day.remaining-day.withheld < n {
		return nil, ticketing.ErrSoldOut
	}
	taken := take{at: at, n: n}
	var stages []int
	if day.staged {
		if stages, taken.staged, err = t.takeOpen(ctx, at, n); err != nil {
			return nil, err
		}
	}
	day.remaining, slot.remaining = day.remaining-n, slot.remaining-n
	t.undo = append(t.undo, func() { day.remaining, slot.remaining = day.remaining+n, slot.remaining+n })
	t.pending.takes = append(t.pending.takes, taken)
	return stages, nil
}

// takeOpen takes places of the open stages, the earliest first.
func (t *tx) takeOpen(ctx context.Context, at ticketing.Place, n int) (stages []int, taken []openPart, err error) {
	parts, known := t.stock.parts[at]
	if !known {
		if parts, err = (reader{q: t.raw}).openParts(ctx, at); err != nil {
			return nil, nil, t.read(err)
		}
		t.stock.parts[at] = parts
	}
	for _, p := range parts {
		count := min(p.left, n-len(stages))
		if count > 0 {
			taken = append(taken, openPart{p.stage, count})
		}
		for range count {
			stages = append(stages, p.stage)
		}
	}
	if len(stages) < n {
		return nil, nil, errStages(at)
	}
	move := func(sign int) {
		for _, k := range taken {
			for i := range parts {
				if parts[i].stage == k.stage {
					parts[i].left += sign * k.left
				}
			}
		}
	}
	move(-1)
	t.undo = append(t.undo, func() { move(1) })
	return stages, taken, nil
}

// InsertOrder implements ticketing.OrderWriter.
func (t *tx) InsertOrder(ctx context.Context, o ticketing.Order) error {
	if t.careful {
		return t.insertNow(ctx, o)
	}
	if live(o) == 1 {
		documents := make([]string, len(o.Positions))
		for i, p := range o.Positions {
			documents[i] = string(p.DocumentKey)
		}
		if err := t.free(ctx, dayKey{o.Pool, o.Date}, documents); err != nil {
			return err
		}
		t.occupy(o, documents)
	}
	p := &t.pending
	p.orders = append(p.orders, orderValues(o)...)
	p.leaders = append(p.leaders, leaderValues(o)...)
	p.positions = append(p.positions, positionValues(o)...)
	return nil
}

// occupy notes a live order in what is known of persons.
func (t *tx) occupy(o ticketing.Order, documents []string) {
	known, day := t.persons, dayKey{o.Pool, o.Date}
	account := countKey{o.AccountID, day}
	_, counted := known.counts[account]
	mark := func(live bool, n int) {
		for _, d := range documents {
			known.documents[documentKey{day, d}] = live
		}
		if counted {
			known.counts[account] += n
		}
	}
	mark(true, len(documents))
	former := map[visitsKey][]ticketing.Date{}
	for key, visits := range known.visits {
		for _, d := range documents {
			if key.pool == o.Pool && key.document == d {
				former[key] = visits
				known.visits[key] = append(slices.Clip(visits), o.Date)
			}
		}
	}
	t.undo = append(t.undo, func() {
		mark(false, -len(documents))
		maps.Copy(known.visits, former)
	})
}

// Recall implements ticketing.Journal.
func (t *tx) Recall(ctx context.Context, scope, key string) (ticketing.Answer, error) {
	if t.careful {
		return t.recall(ctx, t.db, answerKey{scope, key})
	}
	a, err := t.recalled(ctx, answerKey{scope, key})
	if err == nil && a == nil {
		return ticketing.Answer{}, ticketing.ErrNotFound
	}
	if err != nil {
		return ticketing.Answer{}, err
	}
	return *a, nil
}

// Remember implements ticketing.Journal.
func (t *tx) Remember(ctx context.Context, scope, key string, a ticketing.Answer) error {
	values := []any{scope, key, a.Fingerprint, string(a.Result), millis(a.At)}
	if t.careful {
		return t.texts.answers.write(ctx, t.db, values)
	}
	known, k := t.persons, answerKey{scope, key}
	former, had := known.answers[k]
	known.answers[k] = &ticketing.Answer{Fingerprint: a.Fingerprint, Result: json.RawMessage(a.Result), At: a.At}
	t.undo = append(t.undo, func() {
		if known.answers[k] = former; !had {
			delete(known.answers, k)
		}
	})
	t.pending.answers = append(t.pending.answers, values...)
	return nil
}
